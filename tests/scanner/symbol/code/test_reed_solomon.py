"""Reed-Solomon decoding, compared with a plain encoder after annex A."""

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
    """Draw a word, the received word, the erased positions, and the numbers of check symbols and errors."""
    checks = draw(st.sampled_from([7, 10, 18, 30]))
    word = encoded(draw(st.lists(st.integers(0, 255), min_size=3, max_size=40)), checks)
    positions = draw(st.permutations(range(len(word))))
    erasures = draw(st.integers(0, checks))
    errors = draw(st.integers(0, (checks - erasures) // 2 + 2))
    received = word.copy()
    for position in positions[: erasures + errors]:
        received[position] ^= draw(st.integers(1, 255))
    return word, received, [position in positions[:erasures] for position in range(len(word))], checks, errors


@given(damaged())
def test_words_within_the_limit_are_corrected_and_others_never_claimed_to_be(case: tuple) -> None:  # type: ignore[type-arg]
    word, received, erased, checks, errors = case
    result = correct(np.array([received], np.uint8), np.array([erased]), checks)
    corrected = result.words[0].tolist()
    if sum(erased) + 2 * errors <= checks:
        assert (result.valid.tolist(), corrected) == ([True], word)
    if result.valid[0]:
        assert encoded(corrected[:-checks], checks) == corrected
    else:
        assert (corrected, result.proof_bits[0]) == (received, 0)


def syndromes_are_zero(words: NDArray[np.uint8], checks: int) -> NDArray[np.bool_]:
    """Evaluate the words at each root of the generator by Horner's rule, independently of the code under test."""
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
def test_words_damaged_beyond_the_limit_are_valid_only_if_they_are_code_words(length: int, checks: int) -> None:
    rng = np.random.default_rng(length)
    words = np.tile(np.array(encoded(rng.integers(0, 256, length - checks).tolist(), checks), np.uint8), (1500, 1))
    damaged_symbols = rng.random(words.shape) < rng.uniform(0, 2 * checks / length, (1500, 1))
    erased = damaged_symbols & (rng.random(words.shape) < rng.uniform(0, 1, (1500, 1)))
    received = np.where(damaged_symbols, rng.integers(0, 256, words.shape), words).astype(np.uint8)
    result = correct(received, erased, checks)
    assert syndromes_are_zero(result.words[result.valid], checks).all()
    assert (result.words[~result.valid] == received[~result.valid]).all()
    within = erased.sum(1) + 2 * ((received != words) & ~erased).sum(1) <= checks
    assert (result.words[within] == words[within]).all()
    assert 0 < within.sum() < len(words)
    assert (result.proof_bits[result.valid & (result.words != words).any(1)] < PROOF_BITS).all()


def test_several_words_are_corrected_in_one_call() -> None:
    word = encoded([5, 0, 255], 10)
    words = np.array([word, word, word], np.uint8)
    words[1, :5] ^= 9
    words[2, :10] ^= 9
    erased = np.zeros((3, 13), bool)
    erased[2, :10] = True
    result = correct(words, erased, 10)
    assert result.valid.tolist() == [True, True, True]
    assert (result.words == word).all()


def test_every_unspent_check_symbol_adds_eight_bits_of_proof() -> None:
    words = np.array([encoded([5, 0, 255], 10)] * 3, np.uint8)
    erased = np.arange(13)[None] < np.array([[0], [4], [10]])
    assert correct(words, erased, 10).proof_bits.round(6).tolist() == [80.0, 48.0, 0.0]


def test_an_empty_array_of_words_gives_an_empty_result() -> None:
    assert correct(np.zeros((0, 26), np.uint8), np.zeros((0, 26), bool), 10).valid.tolist() == []
