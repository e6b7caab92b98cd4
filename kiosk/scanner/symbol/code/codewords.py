"""Error correction with soft bits: from log-likelihood ratios of the modules to the symbol as it was printed.

A soft bit is the logarithm of the ratio of two probabilities: that a module is dark, and that it is light. Its sign is
the hard decision, its magnitude the certainty. From the soft bits of the eight modules of a codeword follows the
probability that the codeword is wrong; the codewords are ranked by it.

Reed-Solomon decoding corrects twice as many erasures as errors, but the decoder has to be told which codewords are
erased. `restore` tries several numbers of erasures, the most doubtful codewords first (generalised minimum distance
decoding, Forney 1966). Every further trial is another chance for a false result, and an erasure spends a check symbol
that would expose it. The trials are bounded: for each of the two likeliest format words, at most six numbers of
erasures are tried in a block, and three check symbols (`PROOF_BITS`) are never spent on erasures. If a block must be
expected to have more wrong codewords than check symbols, the symbol is not tried at all, because trying costs time.

Rule 1: the syndromes of every block of a result are zero, and each block has `PROOF_BITS` left as proof.
Rule 2: a result agrees with the soft bits that it came from (`MIN_AGREEMENT` of their weight).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from kiosk.scanner.symbol.code import standard
from kiosk.scanner.symbol.code.reed_solomon import correct
from kiosk.scanner.symbol.code.standard import Bits

SoftBits = NDArray[np.float32]
"""Log-likelihood ratios of shape (size, size): natural logarithm, positive for dark, 0 for an erased module."""

PROOF_BITS = 24.0
"""Proof that each block must have left: about three unspent check symbols, one chance in 16 million."""

MIN_AGREEMENT = 0.6
"""Least agreement of a result: unrelated symbols agree to 0.0, views of the same symbol to 0.9 and more."""

FORMAT_CANDIDATES = 2
_MIN_FORMAT_SCORE = 0.6  # of the best format word's score; the words differ in a third of their bits at least
_ERASURE_SHARES = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])  # of the check symbols that may be spent on erasures


def restore(soft: SoftBits, version: int) -> Bits | None:
    """Return the whole symbol without errors, shape (size, size), True for dark; None if it cannot be corrected."""
    for level, mask in _formats(soft, version):
        words = _corrected_words(soft, version, level, mask)
        if words is not None:
            symbol = draw(words, version, level, mask)
            if agreement(soft, symbol) >= MIN_AGREEMENT:
                return symbol
    return None


def agreement(soft: SoftBits, symbol: Bits) -> float:
    """Return how well `symbol` fits the soft bits: 1 for all of them, 0 for chance, -1 for the inverted symbol."""
    weight = np.abs(soft)
    total = float(weight.sum())
    return float((np.where(symbol, soft, -soft)).sum()) / total if total else 0.0


def draw(words: NDArray[np.uint8], version: int, level: str, mask: int) -> Bits:
    """Return the symbol that holds `words`: all codewords in the order in which clause 7.7.3 places them."""
    layout = standard.layout_of(version)
    symbol = layout.dark.copy()
    symbol.flat[layout.data.ravel()] = np.unpackbits(words).astype(bool)
    symbol ^= standard.mask_of(version, mask) & ~layout.fixed
    format_word = standard.format_words()[standard.LEVEL_OF_INDICATOR.index(level) << 3 | mask]
    symbol.flat[layout.format_bits] = format_word
    if layout.version_bits.size:
        symbol.flat[layout.version_bits] = standard.version_words()[version - 7]
    return symbol


def _formats(soft: SoftBits, version: int) -> Iterator[tuple[str, int]]:
    """Yield level and mask, the likeliest first, by the sum of both copies of the format word (clause 7.9)."""
    seen = soft.flat[standard.layout_of(version).format_bits].sum(0)
    scores = np.where(standard.format_words(), seen, -seen).sum(1)
    for word in np.argsort(-scores)[:FORMAT_CANDIDATES]:
        if scores[word] < _MIN_FORMAT_SCORE * scores.max():
            return
        yield standard.LEVEL_OF_INDICATOR[word >> 3], int(word & 7)


def _corrected_words(soft: SoftBits, version: int, level: str, mask: int) -> NDArray[np.uint8] | None:
    """Return all codewords in the order of `Layout.data`, corrected; None if a block cannot be corrected."""
    layout, blocks = standard.layout_of(version), standard.blocks_of(version, level)
    unmasked = np.where(standard.mask_of(version, mask), -soft, soft)
    modules = unmasked.flat[layout.data]
    words = np.packbits(modules > 0, axis=1)[:, 0]
    doubt = np.logaddexp(0.0, -np.abs(modules)).sum(1)  # minus the logarithm of the chance that all eight are right
    padding = blocks.order < 0
    received = np.where(padding, 0, words[blocks.order]).astype(np.uint8)
    doubts = np.where(padding, -1.0, doubt[blocks.order])
    expected_errors = (-np.expm1(-doubts.clip(0))).sum(1)
    if expected_errors.max() > blocks.checks:
        return None
    corrected = _correct_blocks(received, doubts, blocks.checks)
    if corrected is None:
        return None
    words[blocks.order[~padding]] = corrected[~padding]
    return words


def _correct_blocks(words: NDArray[np.uint8], doubt: NDArray[np.float64], checks: int) -> NDArray[np.uint8] | None:
    """Return all blocks corrected, or None.

    The most doubtful block comes first, because it fails soonest; most of the others need no erasures.
    """
    corrected, order = words.copy(), np.argsort(-doubt.sum(1))
    worst, others = order[:1], order[1:]
    if not _try_erasures(corrected, doubt, checks, worst, _ERASURE_SHARES).all():
        return None
    rest = others[~_try_erasures(corrected, doubt, checks, others, _ERASURE_SHARES[:1])]
    return corrected if _try_erasures(corrected, doubt, checks, rest, _ERASURE_SHARES[1:]).all() else None


def _try_erasures(
    words: NDArray[np.uint8],
    doubt: NDArray[np.float64],
    checks: int,
    blocks: NDArray[np.intp],
    shares: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Correct the rows `blocks` of `words` in place and return which of them could be corrected.

    Each block is tried with several numbers of its most doubtful codewords erased: `shares` of the check symbols that
    may be spent. The trial with the most proof wins.
    """
    count, length = len(blocks), words.shape[1]
    erasures = np.unique((shares * (checks - PROOF_BITS / 8)).clip(0).astype(int))
    rank = np.argsort(np.argsort(-doubt[blocks], axis=1, kind="stable"), axis=1)
    erased = (rank[None] < erasures[:, None, None]).reshape(-1, length)
    result = correct(np.tile(words[blocks], (len(erasures), 1)), erased, checks)
    padding = np.tile(doubt[blocks] < 0, (len(erasures), 1))
    proof = np.where((result.words * padding).any(1), 0.0, result.proof_bits).reshape(len(erasures), count)
    best, each = proof.argmax(0), np.arange(count)
    valid: NDArray[np.bool_] = proof[best, each] >= PROOF_BITS
    words[blocks[valid]] = result.words.reshape(len(erasures), count, length)[best, each][valid]
    return valid
