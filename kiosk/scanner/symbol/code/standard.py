"""The QR code symbol as ISO/IEC 18004:2015 lays it out: where each module stands and what each codeword is for.

Rule 1: nothing here looks at a picture; a version (1 to 40) is all it is asked about.
Rule 2: coordinates are in modules, x to the right and y down, the symbol's upper left corner at (0, 0).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.bool_]
Indices = NDArray[np.intp]

VERSIONS = range(1, 41)
QUIET_ZONE = 4  # modules, clause 6.3.8
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
    """One version's modules. Arrays are shared: do not write to them.

    `known`: modules whose colour is the same in every symbol of the version, `colour`: dark or not (where known).
    `data`: for each codeword in the order of clause 7.7.3, the flat indices of its eight modules, high bit first.
    `format_bits`, `version_bits`: flat indices of the two copies, low bit first (clauses 7.9.1 and 7.10).
    `alignments`: centres of the alignment patterns in modules (annex E).
    """

    version: int
    size: int
    known: Bits
    colour: Bits
    data: Indices
    format_bits: Indices
    version_bits: Indices
    alignments: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Blocks:
    """How a version and level divides its codewords: `order[b, k]` is the place in the symbol of block b's codeword k.

    Short blocks are padded at the front (a shortened code's leading zeros) and have -1 there; `checks` codewords at
    each block's end are check symbols (clause 7.6).
    """

    order: Indices
    checks: int


def size_of(version: int) -> int:
    """Modules on a side (clause 6.3.1)."""
    return 17 + 4 * version


@cache
def blocks_of(version: int, level: str) -> Blocks:
    """The blocks of `version` at `level` (L, M, Q or H), as they are interleaved by clause 7.6."""
    count = int(_BLOCKS[level].split()[version - 1])
    checks = int(_CHECKS[level].split()[version - 1])
    total = len(layout_of(version).data)
    short = total // count - checks
    lengths = [short + (b >= count - total % count) for b in range(count)]
    longest = max(lengths)
    order = np.full((count, longest + checks), -1, np.intp)
    place = 0
    for k in range(longest):
        for b, length in enumerate(lengths):
            if k < length:
                order[b, k + longest - length] = place
                place += 1
    order[:, longest:] = place + np.arange(checks * count).reshape(checks, count).T
    return Blocks(order, checks)


@cache
def mask_of(version: int, mask: int) -> Bits:
    """The data mask pattern `mask` (0 to 7) of clause 7.8.2, table 10, over the whole symbol."""
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
    """The 32 format words as rows of 15 bits, low bit first: level indicator, mask, BCH(15, 5), mask 0x5412 (7.9)."""
    words = [_with_remainder(data, 10, 0b101_0011_0111) ^ 0b101_0100_0001_0010 for data in range(32)]
    return _bits(words, 15)


@cache
def version_words() -> Bits:
    """The version words of versions 7 to 40 as rows of 18 bits, low bit first: BCH(18, 6) (clause 7.10)."""
    return _bits([_with_remainder(version, 12, 0b1_1111_0010_0101) for version in range(7, 41)], 18)


@cache
def layout_of(version: int) -> Layout:
    """Where everything stands in a symbol of `version`; the same object each time."""
    size = size_of(version)
    known, colour = np.zeros((size, size), bool), np.zeros((size, size), bool)
    _draw_timing(known, colour)
    _draw_finders(known, colour)
    centres = _alignment_centres(version)
    for x, y in centres:
        _draw_rings(known, colour, x, y, 2)
    known[size - 8, 8] = colour[size - 8, 8] = True  # clause 7.9.1: this module shall always be dark
    format_bits, version_bits = _format_places(size), _version_places(size, version)
    taken = known.copy()
    taken.flat[format_bits.ravel()] = taken.flat[version_bits.ravel()] = True
    path = _data_path(taken)
    data = path[: len(path) // 8 * 8].reshape(-1, 8)
    return Layout(
        version, size, known, colour, data, format_bits, version_bits, tuple((x + 0.5, y + 0.5) for x, y in centres)
    )


def _with_remainder(data: int, degree: int, generator: int) -> int:
    rest = data << degree
    for shift in reversed(range(rest.bit_length())):
        if shift >= degree and rest >> shift & 1:
            rest ^= generator << (shift - degree)
    return data << degree | rest


def _bits(words: list[int], length: int) -> Bits:
    found: Bits = np.array(words)[:, None] >> np.arange(length) & 1 == 1
    return found


def _draw_timing(known: Bits, colour: Bits) -> None:
    """Timing patterns (clause 6.3.5): row 6 and column 6, dark at even places."""
    known[6, :] = known[:, 6] = True
    colour[6, ::2] = colour[::2, 6] = True


def _draw_finders(known: Bits, colour: Bits) -> None:
    """Finder patterns with their separators (clauses 6.3.3 and 6.3.4)."""
    size = len(known)
    for x, y in ((3, 3), (size - 4, 3), (3, size - 4)):
        _draw_rings(known, colour, x, y, 4)


def _draw_rings(known: Bits, colour: Bits, x: int, y: int, reach: int) -> None:
    """Square rings about a centre: of a finder (reach 4, with the separator) or an alignment pattern (reach 2)."""
    dark = {4: (0, 1, 3), 2: (0, 2)}[reach]
    size = len(known)
    rows = np.arange(max(0, y - reach), min(size, y + reach + 1))
    columns = np.arange(max(0, x - reach), min(size, x + reach + 1))
    ring = np.maximum(abs(rows - y)[:, None], abs(columns - x)[None, :])
    known[np.ix_(rows, columns)] = True
    colour[np.ix_(rows, columns)] = np.isin(ring, dark)


def _alignment_centres(version: int) -> list[tuple[int, int]]:
    """Annex E, table E.1, by its rule: evenly from the far edge, the uneven step next to row 6."""
    if version == 1:
        return []
    count = version // 7 + 2
    last = size_of(version) - 7
    step = 26 if version == 32 else (version * 4 + count * 2 + 1) // (count * 2 - 2) * 2
    lines = [6, *(last - step * k for k in reversed(range(count - 1)))]
    corners = {(6, 6), (6, last), (last, 6)}
    return [(x, y) for y in lines for x in lines if (x, y) not in corners]


def _format_places(size: int) -> Indices:
    """Clause 7.9.1, figure 25: two copies of bits 0 to 14."""
    upper = [(y, 8) for y in (0, 1, 2, 3, 4, 5, 7, 8)] + [(8, x) for x in (7, 5, 4, 3, 2, 1, 0)]
    split = [(8, size - 1 - x) for x in range(8)] + [(size - 7 + y, 8) for y in range(7)]
    return np.array([[y * size + x for y, x in copy] for copy in (upper, split)], np.intp)


def _version_places(size: int, version: int) -> Indices:
    """Clause 7.10, figures 27 and 28: two 6x3 blocks from version 7 on."""
    if version < 7:
        return np.zeros((2, 0), np.intp)
    lower = [((size - 11 + k % 3) * size + k // 3) for k in range(18)]
    right = [(k // 3 * size + size - 11 + k % 3) for k in range(18)]
    return np.array([lower, right], np.intp)


def _data_path(taken: Bits) -> Indices:
    """Clause 7.7.3: two columns at a time from the right, upwards and downwards in turn, leaving column 6 out."""
    size = len(taken)
    places: list[int] = []
    rights = [*range(size - 1, 6, -2), 5, 3, 1]
    for turn, right in enumerate(rights):
        rows = range(size) if turn % 2 else range(size - 1, -1, -1)
        places += [y * size + x for y in rows for x in (right, right - 1) if not taken[y, x]]
    return np.array(places, np.intp)
