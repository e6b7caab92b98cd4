"""The layout of QR code symbols after ISO/IEC 18004:2015: the position of each module and the use of each codeword.

A symbol of version v has 17 + 4 v modules on a side. Some modules are *fixed*: the finder patterns with their
separators, the timing patterns, the alignment patterns and one dark module are the same in every symbol of a version.
The others hold the format word (error correction level and data mask, written twice), from version 7 on the version
word (written twice), and the codewords, of which the last ones are check symbols of Reed-Solomon codes. The data mask
inverts a regular pattern of the codewords' modules, so that dark and light modules are mixed everywhere.

Rule 1: this module does not read pictures; its functions depend only on version (1 to 40), level and mask.
Rule 2: coordinates are in modules, x to the right and y down; the symbol's upper left corner is (0, 0). Module (0, 0)
has its centre at (0.5, 0.5). Arrays over a symbol have the shape (size, size) and are indexed [y, x].
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.bool_]
Indices = NDArray[np.intp]

VERSIONS = range(1, 41)
QUIET_ZONE = 4  # modules, clause 6.3.8
CACHED_VERSIONS = 12
"""Versions whose layouts are kept. All forty with their masks and blocks would take 11 MB."""

LEVEL_OF_INDICATOR = "MLHQ"  # clause 7.9.1, table 12: 00 M, 01 L, 10 H, 11 Q

# Clause 7.5.1, table 9, versions 1 to 40: error correction codewords in each block, and number of blocks.
_CHECKS = {
    "L": "7 10 15 20 26 18 20 24 30 18 20 24 26 30 22 24 28 30 28 28 "
    "28 28 30 30 26 28 30 30 30 30 30 30 30 30 30 30 30 30 30 30",
    "M": "10 16 26 18 24 16 18 22 22 26 30 22 22 24 24 28 28 26 26 26 "
    "26 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28",
    "Q": "13 22 18 26 18 24 18 22 20 24 28 26 24 20 30 24 28 28 26 30 "
    "28 30 30 30 30 28 30 30 30 30 30 30 30 30 30 30 30 30 30 30",
    "H": "17 28 22 16 22 28 26 26 24 28 24 28 22 24 24 30 28 28 26 28 "
    "30 24 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30",
}
_BLOCKS = {
    "L": "1 1 1 1 1 2 2 2 2 4 4 4 4 4 6 6 6 6 7 8 8 9 9 10 12 12 12 13 14 15 16 17 18 19 19 20 21 22 24 25",
    "M": "1 1 1 2 2 4 4 4 5 5 5 8 9 9 10 10 11 13 14 16 17 17 18 20 21 23 25 26 28 29 31 33 35 37 38 40 43 45 47 49",
    "Q": "1 1 2 2 4 4 6 6 8 8 8 10 12 16 12 17 16 18 21 20 23 23 25 27 29 34 34 35 38 40 43 45 48 51 53 56 59 62 65 68",
    "H": "1 1 2 4 4 4 5 6 8 8 11 11 16 16 18 16 19 21 25 25 "
    "25 34 30 32 35 37 40 42 45 48 51 54 57 60 63 66 70 74 77 81",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """The modules of one version. Arrays are shared: do not write to them.

    fixed: (size, size), True for modules that are the same in every symbol of the version.
    dark: (size, size), True for fixed modules that are dark; False for all others.
    data: (codewords, 8), the flat indices of each codeword's modules, high bit first, in the order of clause 7.7.3.
    format_bits: (2, 15), the flat indices of both copies of the format word, low bit first (clause 7.9.1).
    version_bits: (2, 18) or (2, 0), the same of the version word (clause 7.10).
    alignments: centres (x, y) of the alignment patterns in modules (annex E).
    """

    version: int
    size: int
    fixed: Bits
    dark: Bits
    data: Indices
    format_bits: Indices
    version_bits: Indices
    alignments: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Blocks:
    """The Reed-Solomon blocks of a version and level (clause 7.6).

    order: (blocks, codewords of the longest block). `order[b, k]` is the row of `Layout.data` that holds codeword k of
    block b. Short blocks are padded at the front, as a shortened code has leading zeros there; padding is -1.
    checks: number of check symbols, which are the last codewords of each block.
    """

    order: Indices
    checks: int


def size_of(version: int) -> int:
    """Return the number of modules on a side (clause 6.3.1)."""
    return 17 + 4 * version


@lru_cache(maxsize=CACHED_VERSIONS)
def blocks_of(version: int, level: str) -> Blocks:
    """Return the blocks of `version` at error correction level `level` (L, M, Q or H), interleaved as in clause 7.6."""
    count = int(_BLOCKS[level].split()[version - 1])
    checks = int(_CHECKS[level].split()[version - 1])
    total = len(layout_of(version).data)
    short = total // count - checks
    lengths = [short + (b >= count - total % count) for b in range(count)]
    longest = max(lengths)
    order = np.full((count, longest + checks), -1, np.intp)
    row = 0
    for k in range(longest):
        for b, length in enumerate(lengths):
            if k < length:
                order[b, k + longest - length] = row
                row += 1
    order[:, longest:] = row + np.arange(checks * count).reshape(checks, count).T
    return Blocks(order, checks)


@lru_cache(maxsize=2 * CACHED_VERSIONS)
def mask_of(version: int, mask: int) -> Bits:
    """Return data mask pattern `mask` (0 to 7) of clause 7.8.2, table 10, over the whole symbol: (size, size)."""
    i, j = np.indices((size_of(version),) * 2)
    conditions = (
        (i + j) % 2,
        i % 2,
        j % 3,
        (i + j) % 3,
        (i // 2 + j // 3) % 2,
        (i * j) % 2 + (i * j) % 3,
        ((i * j) % 2 + (i * j) % 3) % 2,
        ((i + j) % 2 + (i * j) % 3) % 2,
    )
    found: Bits = conditions[mask] == 0
    return found


@cache
def format_words() -> Bits:
    """Return the 32 format words, shape (32, 15), low bit first (clause 7.9).

    Row `indicator << 3 | mask` holds the level's indicator and the data mask, encoded by BCH(15, 5) and masked by
    0x5412.
    """
    words = [_with_remainder(data, 10, 0b101_0011_0111) ^ 0b101_0100_0001_0010 for data in range(32)]
    return _bits(words, 15)


@cache
def version_words() -> Bits:
    """Return the version words of versions 7 to 40, shape (34, 18), low bit first: BCH(18, 6) (clause 7.10)."""
    return _bits([_with_remainder(version, 12, 0b1_1111_0010_0101) for version in range(7, 41)], 18)


@lru_cache(maxsize=CACHED_VERSIONS)
def layout_of(version: int) -> Layout:
    """Return the layout of `version`."""
    size = size_of(version)
    fixed, dark = np.zeros((size, size), bool), np.zeros((size, size), bool)
    fixed[6, :] = fixed[:, 6] = True  # clause 6.3.5: the timing patterns, row 6 and column 6, are dark at even modules
    dark[6, ::2] = dark[::2, 6] = True
    for x, y in ((3, 3), (size - 4, 3), (3, size - 4)):  # clauses 6.3.3 and 6.3.4: finder patterns and separators
        _draw_rings(fixed, dark, x, y, 4)
    centres = _alignment_centres(version)
    for x, y in centres:
        _draw_rings(fixed, dark, x, y, 2)
    fixed[size - 8, 8] = dark[size - 8, 8] = True  # clause 7.9.1: this module shall always be dark
    format_bits, version_bits = _format_modules(size), _version_modules(size, version)
    taken = fixed.copy()
    taken.flat[format_bits.ravel()] = taken.flat[version_bits.ravel()] = True
    path = _data_path(taken)
    data = path[: len(path) // 8 * 8].reshape(-1, 8)
    return Layout(
        version, size, fixed, dark, data, format_bits, version_bits, tuple((x + 0.5, y + 0.5) for x, y in centres)
    )


def _with_remainder(data: int, degree: int, generator: int) -> int:
    """Append the remainder of the division by a BCH code's generator polynomial, `degree` bits, to `data`."""
    rest = data << degree
    for shift in reversed(range(rest.bit_length())):
        if shift >= degree and rest >> shift & 1:
            rest ^= generator << (shift - degree)
    return data << degree | rest


def _bits(words: list[int], length: int) -> Bits:
    """Return the lowest `length` bits of each word as a row, low bit first."""
    found: Bits = np.array(words)[:, None] >> np.arange(length) & 1 == 1
    return found


def _draw_rings(fixed: Bits, dark: Bits, x: int, y: int, reach: int) -> None:
    """Draw square rings around module (x, y).

    A reach of 4 modules draws a finder pattern with its separator, a reach of 2 an alignment pattern.
    """
    away = abs(np.arange(-reach, reach + 1))
    ring = np.maximum(away[:, None], away)
    top, left = max(y - reach, 0), max(x - reach, 0)
    here = np.s_[top : y + reach + 1, left : x + reach + 1]
    height, width = fixed[here].shape
    inside = ring[top - y + reach :, left - x + reach :][:height, :width]
    fixed[here] = True
    dark[here] = (inside == 3) | (inside < 2) if reach == 4 else inside % 2 == 0


def _alignment_centres(version: int) -> list[tuple[int, int]]:
    """Return the centre modules (x, y) of the alignment patterns, as in annex E, table E.1.

    Their rows and columns have equal distances from the far edge on; the distance next to row 6 differs.
    """
    if version == 1:
        return []
    count = version // 7 + 2
    last = size_of(version) - 7
    step = 26 if version == 32 else (version * 4 + count * 2 + 1) // (count * 2 - 2) * 2
    lines = [6, *(last - step * k for k in reversed(range(count - 1)))]
    corners = {(6, 6), (6, last), (last, 6)}
    return [(x, y) for y in lines for x in lines if (x, y) not in corners]


def _format_modules(size: int) -> Indices:
    """Return the flat indices of bits 0 to 14 of both format words (clause 7.9.1, figure 25)."""
    upper = [(y, 8) for y in (0, 1, 2, 3, 4, 5, 7, 8)] + [(8, x) for x in (7, 5, 4, 3, 2, 1, 0)]
    split = [(8, size - 1 - x) for x in range(8)] + [(size - 7 + y, 8) for y in range(7)]
    return np.array([[y * size + x for y, x in copy] for copy in (upper, split)], np.intp)


def _version_modules(size: int, version: int) -> Indices:
    """Return the flat indices of bits 0 to 17 of both version words, blocks of 6x3 (clause 7.10, figures 27 and 28)."""
    if version < 7:
        return np.zeros((2, 0), np.intp)
    lower = [((size - 11 + k % 3) * size + k // 3) for k in range(18)]
    right = [(k // 3 * size + size - 11 + k % 3) for k in range(18)]
    return np.array([lower, right], np.intp)


def _data_path(taken: Bits) -> Indices:
    """Return the flat indices of the modules that are not `taken`, in the order in which codewords fill them.

    Clause 7.7.3: pairs of columns from the right, upwards and downwards in turn; column 6 is left out.
    """
    size = len(taken)
    rights = np.array([*range(size - 1, 6, -2), 5, 3, 1])
    rows = np.tile(np.arange(size), (len(rights), 1))
    rows[::2] = rows[::2, ::-1]
    path = (rows[:, :, None] * size + rights[:, None, None] - np.arange(2)).ravel()
    found: Indices = path[~taken.ravel()[path]]
    return found
