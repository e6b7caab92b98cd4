"""From the modules of one symbol, each with how sure it is, to the symbol as it was printed.

Rule 1: what is returned has zero syndromes in every block, and enough unspent check symbols that this is no accident.
Rule 2: it also looks like what was seen: nearly all that was seen for sure.

`Soft` is a square array of log-likelihood ratios, natural logarithm, positive for dark; zero says nothing was seen.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from kiosk.scanner.symbol.code import standard
from kiosk.scanner.symbol.code.reed_solomon import mend
from kiosk.scanner.symbol.code.standard import Bits

Soft = NDArray[np.float32]

PROOF_BITS = 24.0  # for each block: about three check symbols unspent, one chance in 16 million
AGREEMENT = 0.6  # of the weight of what was seen; two unrelated symbols agree to 0.0, the same one to 0.9 and more
FORMAT_CANDIDATES = 2
_RIVAL = 0.6  # of the likeliest format's score; words of the standard differ in a third of their bits at least
_SHARES = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])  # of the check symbols that may be spent on erasures


def restore(soft: Soft, version: int) -> Bits | None:
    """The whole symbol, clean (True is dark), or None when the check symbols do not suffice."""
    for level, mask in _formats(soft, version):
        words = _mended_words(soft, version, level, mask)
        if words is not None:
            symbol = draw(words, version, level, mask)
            if agreement(soft, symbol) >= AGREEMENT:
                return symbol
    return None


def agreement(soft: Soft, symbol: Bits) -> float:
    """How well `symbol` fits what was seen: 1 all of it, 0 as chance would, -1 inverted."""
    weight = np.abs(soft)
    total = float(weight.sum())
    return float((np.where(symbol, soft, -soft)).sum()) / total if total else 0.0


def draw(words: NDArray[np.uint8], version: int, level: str, mask: int) -> Bits:
    """The symbol for `words`, all its codewords in the order in which clause 7.7.3 places them."""
    layout = standard.layout_of(version)
    symbol = layout.colour.copy()
    symbol.flat[layout.data.ravel()] = np.unpackbits(words).astype(bool)
    symbol ^= standard.mask_of(version, mask) & ~layout.known
    format_word = standard.format_words()[standard.LEVEL_OF_INDICATOR.index(level) << 3 | mask]
    symbol.flat[layout.format_bits] = format_word
    if layout.version_bits.size:
        symbol.flat[layout.version_bits] = standard.version_words()[version - 7]
    return symbol


def _formats(soft: Soft, version: int) -> Iterator[tuple[str, int]]:
    """Level and mask, the likeliest first: both copies of the format word weighed together (clause 7.9)."""
    seen = soft.flat[standard.layout_of(version).format_bits].sum(0)
    scores = np.where(standard.format_words(), seen, -seen).sum(1)
    for word in np.argsort(-scores)[:FORMAT_CANDIDATES]:
        if scores[word] < _RIVAL * scores.max():
            return
        yield standard.LEVEL_OF_INDICATOR[word >> 3], int(word & 7)


def _mended_words(soft: Soft, version: int, level: str, mask: int) -> NDArray[np.uint8] | None:
    layout, blocks = standard.layout_of(version), standard.blocks_of(version, level)
    unmasked = np.where(standard.mask_of(version, mask), -soft, soft)
    modules = unmasked.flat[layout.data]
    words = np.packbits(modules > 0, axis=1)[:, 0]
    doubt = np.logaddexp(0.0, -np.abs(modules)).sum(1)  # minus the log of the chance that all eight are right
    outside = blocks.order < 0
    received = np.where(outside, 0, words[blocks.order]).astype(np.uint8)
    doubts = np.where(outside, -1.0, doubt[blocks.order])
    if _hopeless(doubts, blocks.checks):
        return None
    mended = _mend_blocks(received, doubts, blocks.checks)
    if mended is None:
        return None
    words[blocks.order[~outside]] = mended[~outside]
    return words


def _hopeless(doubt: NDArray[np.float64], checks: int) -> bool:
    """Whether some block must be expected to have more wrong codewords than check symbols: trying would cost time."""
    return bool((-np.expm1(-doubt.clip(0))).sum(1).max() > checks)


def _mend_blocks(words: NDArray[np.uint8], doubt: NDArray[np.float64], checks: int) -> NDArray[np.uint8] | None:
    """All blocks mended, or None. The most doubtful one tells soonest; most of the others need no erasures."""
    mended, order = words.copy(), np.argsort(-doubt.sum(1))
    worst, others = order[:1], order[1:]
    if not _mend_some(mended, doubt, checks, worst, _SHARES).all():
        return None
    rest = others[~_mend_some(mended, doubt, checks, others, _SHARES[:1])]
    return mended if _mend_some(mended, doubt, checks, rest, _SHARES[1:]).all() else None


def _mend_some(
    words: NDArray[np.uint8],
    doubt: NDArray[np.float64],
    checks: int,
    blocks: NDArray[np.intp],
    shares: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Mend these blocks in place, each with more and more of its most doubtful codewords erased; which came out.

    Generalised minimum distance decoding (Forney 1966): errors cost two check symbols, erasures one.
    """
    count, length = len(blocks), words.shape[1]
    spend = np.unique((shares * (checks - PROOF_BITS / 8)).clip(0).astype(int))
    rank = np.argsort(np.argsort(-doubt[blocks], axis=1, kind="stable"), axis=1)
    erased = (rank[None] < spend[:, None, None]).reshape(-1, length)
    result = mend(np.tile(words[blocks], (len(spend), 1)), erased, checks)
    padded = np.tile(doubt[blocks] < 0, (len(spend), 1))
    proof = np.where((result.words * padded).any(1), 0.0, result.proof_bits).reshape(len(spend), count)
    best, each = proof.argmax(0), np.arange(count)
    good: NDArray[np.bool_] = proof[best, each] >= PROOF_BITS
    words[blocks[good]] = result.words.reshape(len(spend), count, length)[best, each][good]
    return good
