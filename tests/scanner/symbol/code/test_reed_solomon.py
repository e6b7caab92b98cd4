"""Errors and erasures, by an encoder as plain as annex A's words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kiosk.scanner.symbol.code.codewords import PROOF_BITS
from kiosk.scanner.symbol.code.reed_solomon import correct


def times(a: int, b: int) -> int:
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = a << 1 ^ (0x11D if a & 0x80 else 0)
        b >>= 1
    return product


def encoded(data: list[int], checks: int) -> list[int]:
    generator, root = [1], 1
    for _ in range(checks):
        generator = [a ^ times(b, root) for a, b in zip([*generator, 0], [0, *generator], strict=True)]
        root = times(root, 2)
    rest = data + [0] * checks
    for k in range(len(data)):
        for j, factor in enumerate(generator):
            rest[k + j] ^= times(factor, rest[k]) if j else 0
    return data + rest[len(data) :]


@st.composite
def damaged(draw: st.DrawFn) -> tuple[list[int], list[int], list[bool], int, int]:
    """A word, what was received, which symbols were erased, how many check symbols, how many errors."""
    checks = draw(st.sampled_from([7, 10, 18, 30]))
    word = encoded(draw(st.lists(st.integers(0, 255), min_size=3, max_size=40)), checks)
    places = draw(st.permutations(range(len(word))))
    erasures = draw(st.integers(0, checks))
    errors = draw(st.integers(0, (checks - erasures) // 2 + 2))
    received = word.copy()
    for place in places[: erasures + errors]:
        received[place] ^= draw(st.integers(1, 255))
    return word, received, [place in places[:erasures] for place in range(len(word))], checks, errors


@given(damaged())
def test_what_the_check_symbols_allow_is_mended_and_nothing_else_is_claimed(case: tuple) -> None:  # type: ignore[type-arg]
    word, received, erased, checks, errors = case
    result = correct(np.array([received], np.uint8), np.array([erased]), checks)
    mended = result.words[0].tolist()
    if sum(erased) + 2 * errors <= checks:
        assert (result.valid.tolist(), mended) == ([True], word)
    if result.valid[0]:
        assert encoded(mended[:-checks], checks) == mended
    else:
        assert (mended, result.proof_bits[0]) == (received, 0)


def syndromes_are_zero(words: NDArray[np.uint8], checks: int) -> NDArray[np.bool_]:
    """By Horner's rule at each root of the generator, with a product table of this file's own."""
    good, root = np.ones(len(words), bool), 1
    for _ in range(checks):
        product = np.array([times(value, root) for value in range(256)])
        value = np.zeros(len(words), int)
        for symbols in words.T:
            value = product[value] ^ symbols
        good &= value == 0
        root = times(root, 2)
    return good


@pytest.mark.parametrize(("length", "checks"), [(26, 7), (44, 16), (45, 30), (148, 30)])
def test_of_thousands_of_words_spoilt_past_the_limit_none_is_called_good_that_is_no_code_word(
    length: int, checks: int
) -> None:
    rng = np.random.default_rng(length)
    words = np.tile(np.array(encoded(rng.integers(0, 256, length - checks).tolist(), checks), np.uint8), (1500, 1))
    spoilt = rng.random(words.shape) < rng.uniform(0, 2 * checks / length, (1500, 1))
    erased = spoilt & (rng.random(words.shape) < rng.uniform(0, 1, (1500, 1)))
    received = np.where(spoilt, rng.integers(0, 256, words.shape), words).astype(np.uint8)
    result = correct(received, erased, checks)
    assert syndromes_are_zero(result.words[result.valid], checks).all()
    assert (result.words[~result.valid] == received[~result.valid]).all()
    within = erased.sum(1) + 2 * ((received != words) & ~erased).sum(1) <= checks
    assert (result.words[within] == words[within]).all()
    assert 0 < within.sum() < len(words)
    assert (result.proof_bits[result.valid & (result.words != words).any(1)] < PROOF_BITS).all()


def test_words_are_mended_side_by_side() -> None:
    word = encoded([5, 0, 255], 10)
    words = np.array([word, word, word], np.uint8)
    words[1, :5] ^= 9
    words[2, :10] ^= 9
    erased = np.zeros((3, 13), bool)
    erased[2, :10] = True
    result = correct(words, erased, 10)
    assert result.valid.tolist() == [True, True, True]
    assert (result.words == word).all()


def test_every_check_symbol_that_is_left_adds_eight_bits_of_proof() -> None:
    words = np.array([encoded([5, 0, 255], 10)] * 3, np.uint8)
    erased = np.arange(13)[None] < np.array([[0], [4], [10]])
    assert correct(words, erased, 10).proof_bits.round(6).tolist() == [80.0, 48.0, 0.0]


def test_no_words_are_no_trouble() -> None:
    assert correct(np.zeros((0, 26), np.uint8), np.zeros((0, 26), bool), 10).valid.tolist() == []
