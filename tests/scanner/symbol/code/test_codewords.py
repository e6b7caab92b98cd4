"""Correction of soft bits, for symbols of every kind that segno draws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.scanner.symbol.code import codewords, standard
from kiosk.scanner.symbol.read import payload_of
from tests.samples import every
from tests.scanner.symbol.drawing import Matrix, certain, symbol


def read(seen: codewords.SoftBits) -> bytes | None:
    restored = codewords.restore(seen, (len(seen) - 17) // 4)
    return None if restored is None else payload_of(restored)


@given(
    st.one_of(
        st.tuples(st.binary(min_size=1, max_size=200), st.just("byte")),
        st.tuples(st.text("0123456789", min_size=1, max_size=300), st.just("numeric")),
        st.tuples(st.text("ABCXYZ0189 $%*+-./:", min_size=1, max_size=300), st.just("alphanumeric")),
    ),
    st.sampled_from("LMQH"),
    st.integers(0, 4),
)
def test_any_payload_of_any_level_and_mode_is_restored_byte_for_byte(
    what: tuple[bytes | str, str], level: str, larger: int
) -> None:
    content, mode = what
    smallest = (len(symbol(content, None, level, mode)) - 17) // 4
    seen = certain(symbol(content, min(40, smallest + larger), level, mode))
    assert read(seen) == (content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("version", every(6, standard.VERSIONS))
def test_binary_content_of_any_version_is_restored_byte_for_byte(version: int) -> None:
    content = bytes([0, 255, 128, 10, 13, 0xE2, 0x82][: 7 if version > 1 else 6])
    assert read(certain(symbol(content, version, "h", "byte"))) == content


def test_indonesian_text_and_kanji_are_restored_byte_for_byte() -> None:
    text = "Jalan Ahmad Yani № 1, Bekasi “Selatan” — selamat pagi"
    assert read(certain(symbol(text.encode(), None, "l", "byte"))) == text.encode()
    assert read(certain(symbol("点茗", None, "m", "kanji"))) == "点茗".encode("shift_jis")


def erase_middle(matrix: Matrix, share: float) -> codewords.SoftBits:
    """Return soft bits of which the middle `share` is light with almost no certainty."""
    seen, size = certain(matrix), len(matrix)
    reach = round(size * np.sqrt(share) / 2)
    seen[size // 2 - reach : size // 2 + reach, size // 2 - reach : size // 2 + reach] = -0.01
    return seen


def test_twice_as_many_erasures_as_errors_are_corrected() -> None:
    pass_ = symbol(b"K" * 180, None, "q")
    assert read(erase_middle(pass_, 0.30)) == b"K" * 180
    certain_errors = np.sign(erase_middle(pass_, 0.30)) * np.float32(8)
    assert read(certain_errors) is None


def test_a_symbol_with_too_many_erasures_is_not_restored() -> None:
    for share in (0.5, 0.7, 0.9):
        assert read(erase_middle(symbol(b"K" * 180, None, "q"), share)) is None


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 4, 7, 10]))
def test_noise_is_not_restored(seed: int, version: int) -> None:
    size = standard.size_of(version)
    assert read(np.random.default_rng(seed).normal(0, 3, (size, size)).astype(np.float32)) is None


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.4))
def test_a_damaged_symbol_gives_the_right_payload_or_none(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    seen = certain(symbol(b"KIOSK1:one visitor", 3, "m"))
    seen[rng.random(seen.shape) < share] *= -rng.choice([0.01, 0.2, 1.0])
    assert read(seen) in {b"KIOSK1:one visitor", None}
