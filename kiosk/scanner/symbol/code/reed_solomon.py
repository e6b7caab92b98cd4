"""Reed-Solomon decoding of errors and erasures for many words at once, over the field of ISO/IEC 18004 annex A.

A codeword is an element of GF(256). The words of a symbol are polynomials over that field that have the roots alpha^0
to alpha^(checks - 1), where alpha is a primitive element and `checks` the number of check symbols. The syndromes of a
received word are its values at these roots: all are zero if and only if the word belongs to the code. An *error* is a
wrong symbol at an unknown position, an *erasure* is a symbol at a known position whose value is unknown. A word can be
corrected if erasures + 2 * errors <= checks, so an erasure costs one check symbol and an error costs two.

The method is the textbook one (Blahut, "Algebraic Codes for Data Transmission", chapter 7): the locator polynomial of
the erasures, the Berlekamp-Massey algorithm starting from it, the roots by trial, the values by Forney's formula. Each
step works on all words in one NumPy operation.

Rule 1: a word counts as corrected only if all its syndromes are zero afterwards.
Rule 2: a decoder can also turn a wrong word into another valid word. `proof_bits` states how unlikely that is; the
caller decides how much proof is enough.
"""

from dataclasses import dataclass
from math import lgamma, log

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.intp]
"""Elements of GF(256), 0 to 255. Polynomials are rows of coefficients, lowest power first."""

_PRIMITIVE = 0b1_0001_1101  # x^8 + x^4 + x^3 + x^2 + 1, ISO/IEC 18004:2015 annex A
_ORDER = 255
_LOG_OF_ZERO = 2 * _ORDER  # any sum with it points into the zeros at the end of the table of powers


def _tables() -> tuple[Field, Field]:
    """Return the powers of alpha by exponent, and the logarithms to the base alpha by element."""
    powers, logs = np.zeros(4 * _ORDER + 1, np.intp), np.full(256, _LOG_OF_ZERO, np.intp)
    value = 1
    for k in range(_ORDER):
        powers[k] = powers[k + _ORDER] = value
        logs[value] = k
        value = value << 1 ^ (_PRIMITIVE if value & 0x80 else 0)
    return powers, logs


_POWER, _LOG = _tables()


@dataclass(frozen=True, slots=True)
class CorrectedWords:
    """The result of `correct`, one row for each word.

    words: (words, length). Words that could not be corrected are as received.
    valid: (words,), True for corrected words.
    proof_bits: (words,). Minus the binary logarithm of the share of all random words that would have been corrected
    with as few changes; 0 where `valid` is False. Every check symbol that was not spent on an erasure or an error adds
    about eight bits.
    """

    words: NDArray[np.uint8]
    valid: NDArray[np.bool_]
    proof_bits: NDArray[np.float64]


def correct(words: NDArray[np.uint8], erased: NDArray[np.bool_], checks: int) -> CorrectedWords:
    """Correct up to E erasures and T errors in each word where E + 2 T <= `checks`.

    `words` and `erased` have the shape (words, length); the last `checks` symbols of a row are its check symbols.
    """
    received: Field = np.where(erased, 0, words).astype(np.intp)
    length = words.shape[1]
    position_logs = np.arange(length - 1, -1, -1)
    syndromes = _syndromes(received, position_logs, checks)
    erasures = erased.sum(1)
    locator, degree = _locator(syndromes, erased, position_logs)
    changes = _changes(syndromes, locator, position_logs)
    corrected = received ^ changes
    errors = degree - erasures
    valid = (erasures + 2 * errors <= checks) & (errors >= 0)
    valid &= ~_syndromes(corrected, position_logs, checks).any(1)
    errors = ((changes != 0) & ~erased).sum(1)
    valid &= erasures + 2 * errors <= checks
    proof = np.array([_proof_bits(length, checks, int(e), int(t)) for e, t in zip(erasures, errors, strict=True)])
    result = np.where(valid[:, None], corrected, words).astype(np.uint8)
    return CorrectedWords(result, valid, np.where(valid, proof, 0.0))


def _times(a: Field, b: Field) -> Field:
    product: Field = _POWER[_LOG[a] + _LOG[b]]
    return product


def _over(a: Field, b: Field) -> Field:
    """Return a / b. The result is meaningless where b is zero."""
    quotient: Field = np.where(a == 0, 0, _POWER[(_LOG[a] - _LOG[b]) % _ORDER])
    return quotient


def _sum(values: Field) -> Field:
    total: Field = np.bitwise_xor.reduce(values, axis=-1)
    return total


def _syndromes(words: Field, position_logs: Field, checks: int) -> Field:
    """Return S_k = word(alpha^k) for k = 0 .. checks - 1.

    The generator polynomials of annex A have the roots alpha^0 onwards.
    """
    steps = np.arange(checks)[:, None] * position_logs[None, :] % _ORDER
    terms: Field = _POWER[_LOG[words][:, None, :] + steps[None]]
    return _sum(terms)


def _shift(polynomials: Field) -> Field:
    """Multiply by x; the highest coefficient is dropped."""
    shifted = np.zeros_like(polynomials)
    shifted[:, 1:] = polynomials[:, :-1]
    return shifted


def _locator(syndromes: Field, erased: NDArray[np.bool_], position_logs: Field) -> tuple[Field, Field]:
    """Return the locator polynomial of erasures and errors, and its degree, for each row (Berlekamp-Massey)."""
    rows, checks = syndromes.shape
    locator = np.zeros((rows, checks + 2), np.intp)
    locator[:, 0] = 1
    order = np.argsort(~erased, axis=1, kind="stable")
    count = erased.sum(1)
    for k in range(min(int(count.max(initial=0)), checks)):
        root = np.where(k < count, _POWER[position_logs[order[:, k]]], 0)
        locator ^= _times(_shift(locator), root[:, None])
    degree = count.astype(np.intp)
    previous = locator.copy()
    for r in range(1, checks + 1):
        active = r > count
        reach = min(r, locator.shape[1])
        discrepancy = _sum(_times(locator[:, :reach], syndromes[:, r - 1 :: -1][:, :reach]))
        previous = np.where(active[:, None], _shift(previous), previous)
        changed = active & (discrepancy != 0)
        if not changed.any():
            continue
        longer = changed & (2 * degree <= r + count - 1)
        updated = locator ^ np.where(changed[:, None], _times(previous, discrepancy[:, None]), 0)
        previous[longer] = _over(locator[longer], discrepancy[longer, None])
        degree = np.where(longer, r + count - degree, degree)
        locator = updated
    return locator, degree


def _changes(syndromes: Field, locator: Field, position_logs: Field) -> Field:
    """Return the values to add to each symbol, 0 where it stays as it is.

    Forney's formula: X Omega(1/X) / Lambda'(1/X) at the positions X where the locator Lambda(1/X) is zero.
    """
    rows, checks = syndromes.shape
    powers = np.arange(locator.shape[1])[:, None] * (_ORDER - position_logs)[None, :] % _ORDER
    terms: Field = _POWER[_LOG[locator][:, :, None] + powers[None]]
    roots = np.bitwise_xor.reduce(terms, axis=1) == 0
    slope = np.bitwise_xor.reduce(terms[:, 1::2], axis=1)  # X' Lambda'(X') with X' = 1/X: the odd terms
    omega = np.zeros((rows, checks), np.intp)
    for k in range(min(checks, locator.shape[1])):
        omega[:, k:] ^= _times(syndromes[:, : checks - k], locator[:, k : k + 1])
    value = np.bitwise_xor.reduce(_POWER[_LOG[omega][:, :, None] + powers[None, :checks]], axis=1)
    return np.where(roots & (slope != 0), _over(value, np.where(slope == 0, 1, slope)), 0)


def _proof_bits(length: int, checks: int, erasures: int, errors: int) -> float:
    """Return 8 bits for each unspent check symbol, minus the bits that the choice of the errors' positions takes."""
    rest = max(length - erasures, errors)
    log_choices = lgamma(rest + 1) - lgamma(errors + 1) - lgamma(rest - errors + 1)
    return 8.0 * (checks - erasures - errors) - log_choices / log(2)
