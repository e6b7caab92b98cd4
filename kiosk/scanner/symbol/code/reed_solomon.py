"""Reed-Solomon decoding with erasures for many words at once, over the field of ISO/IEC 18004 annex A.

Rule 1: a word counts as mended only when all its syndromes are zero afterwards.
Rule 2: `proof_bits` says how unlikely it is that the result came about by chance; who asks decides what is enough.

The method is the textbook one (Blahut, "Algebraic Codes for Data Transmission", chapter 7): erasure locator,
Berlekamp-Massey from there on, roots by trial, values by Forney's formula; each step for all words in one go.
"""

from dataclasses import dataclass
from math import lgamma, log

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.intp]

_PRIMITIVE = 0b1_0001_1101  # x^8 + x^4 + x^3 + x^2 + 1, ISO/IEC 18004:2015 annex A
_ORDER = 255
_LOG_OF_ZERO = 2 * _ORDER  # any sum with it points into the zeros at the end of the table of powers


def _tables() -> tuple[Field, Field]:
    powers, logs = np.zeros(4 * _ORDER + 1, np.intp), np.full(256, _LOG_OF_ZERO, np.intp)
    value = 1
    for k in range(_ORDER):
        powers[k] = powers[k + _ORDER] = value
        logs[value] = k
        value = value << 1 ^ (_PRIMITIVE if value & 0x80 else 0)
    return powers, logs


_POWER, _LOG = _tables()


@dataclass(frozen=True, slots=True)
class Mended:
    """One row for each word. `words` are as received where `good` is False; `proof_bits` is then 0.

    `proof_bits`: minus the binary logarithm of the share of all random words that would have been mended with as
    few changes; every check symbol that was not spent on an erasure or an error adds eight.
    """

    words: NDArray[np.uint8]
    good: NDArray[np.bool_]
    proof_bits: NDArray[np.float64]


def mend(words: NDArray[np.uint8], erased: NDArray[np.bool_], checks: int) -> Mended:
    """Correct up to E erasures and T errors in each row where E + 2 T <= `checks`. Rows end with the check symbols."""
    received: Field = np.where(erased, 0, words).astype(np.intp)
    length = words.shape[1]
    position_logs = np.arange(length - 1, -1, -1)
    syndromes = _syndromes(received, position_logs, checks)
    erasures = erased.sum(1)
    locator, degree = _locator(syndromes, erased, position_logs)
    changes = _changes(syndromes, locator, position_logs)
    mended = received ^ changes
    errors = degree - erasures
    good = (erasures + 2 * errors <= checks) & (errors >= 0)
    good &= ~_syndromes(mended, position_logs, checks).any(1)
    errors = ((changes != 0) & ~erased).sum(1)
    good &= erasures + 2 * errors <= checks
    proof = np.array([_proof_bits(length, checks, int(e), int(t)) for e, t in zip(erasures, errors, strict=True)])
    result = np.where(good[:, None], mended, words).astype(np.uint8)
    return Mended(result, good, np.where(good, proof, 0.0))


def _times(a: Field, b: Field) -> Field:
    product: Field = _POWER[_LOG[a] + _LOG[b]]
    return product


def _over(a: Field, b: Field) -> Field:
    """A / b where b is not zero; whatever where it is."""
    quotient: Field = np.where(a == 0, 0, _POWER[(_LOG[a] - _LOG[b]) % _ORDER])
    return quotient


def _sum(values: Field) -> Field:
    total: Field = np.bitwise_xor.reduce(values, axis=-1)
    return total


def _syndromes(words: Field, position_logs: Field, checks: int) -> Field:
    """S_k = word(alpha^k), k = 0 .. checks - 1: the generator polynomials of annex A have the roots alpha^0 onwards."""
    steps = np.arange(checks)[:, None] * position_logs[None, :] % _ORDER
    terms: Field = _POWER[_LOG[words][:, None, :] + steps[None]]
    return _sum(terms)


def _shift(polynomials: Field) -> Field:
    """Times x; lowest power first, the highest falls off."""
    shifted = np.zeros_like(polynomials)
    shifted[:, 1:] = polynomials[:, :-1]
    return shifted


def _locator(syndromes: Field, erased: NDArray[np.bool_], position_logs: Field) -> tuple[Field, Field]:
    """The polynomial whose roots are the places of erasures and errors, and its degree, for each row."""
    rows, checks = syndromes.shape
    locator = np.zeros((rows, checks + 2), np.intp)
    locator[:, 0] = 1
    order = np.argsort(~erased, axis=1, kind="stable")
    count = erased.sum(1)
    for k in range(min(int(count.max(initial=0)), checks)):
        root = np.where(k < count, _POWER[position_logs[order[:, k]]], 0)
        locator ^= _times(_shift(locator), root[:, None])
    degree = count.astype(np.intp)
    spare = locator.copy()
    for r in range(1, checks + 1):
        going = r > count
        reach = min(r, locator.shape[1])
        gap = _sum(_times(locator[:, :reach], syndromes[:, r - 1 :: -1][:, :reach]))
        spare = np.where(going[:, None], _shift(spare), spare)
        off = going & (gap != 0)
        longer = off & (2 * degree <= r + count - 1)
        after = locator ^ np.where(off[:, None], _times(spare, gap[:, None]), 0)
        spare = np.where(longer[:, None], _over(locator, np.where(off, gap, 1)[:, None]), spare)
        degree = np.where(longer, r + count - degree, degree)
        locator = after
    return locator, degree


def _changes(syndromes: Field, locator: Field, position_logs: Field) -> Field:
    """What to add to each symbol (Forney): X Omega(1/X) / Lambda'(1/X) at the places X where Lambda(1/X) is zero."""
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
    rest = max(length - erasures, errors)
    ways = lgamma(rest + 1) - lgamma(errors + 1) - lgamma(rest - errors + 1)
    return 8.0 * (checks - erasures - errors) - ways / log(2)
