"""Whatever segno writes, of any version, level, mode and mask, comes back byte for byte by our own reading alone."""

import numpy as np
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.scanner.symbol.code import codewords, standard
from kiosk.scanner.symbol.locate.search import by_contours
from kiosk.scanner.symbol.read import payload_of, read
from kiosk.scanner.symbol.sample.pose import Values
from tests.scanner.symbol.drawing import Grey, Matrix, sure

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
INDONESIAN = "Selamat datang — silakan tunjukkan kode Anda, “Bekasi” № 1 · Ünïcødé € "
KANJI = "点茗漢字東京都日本語入口"
HEADER_BITS = 4 + 16  # mode and the longest count, ISO/IEC 18004:2015 clauses 7.4.1 and 7.4.2
ECI_BITS = 4 + 8

PER_CHARACTER = {"numeric": 10 / 3, "alphanumeric": 11 / 2, "byte": 8.0, "kanji": 13.0}


def room_bits(version: int, level: str) -> int:
    blocks = standard.blocks_of(version, level)
    return 8 * (len(standard.layout_of(version).data) - len(blocks.order) * blocks.checks)


def written(rng: np.random.Generator, mode: str, count: int) -> str | bytes:
    if mode == "byte":
        return rng.integers(0, 256, count, np.uint8).tobytes()
    signs = {"numeric": "0123456789", "alphanumeric": ALPHANUMERIC, "kanji": KANJI}[mode]
    return "".join(rng.choice(list(signs), count))


def meant(content: str | bytes, mode: str) -> bytes:
    if isinstance(content, bytes):
        return content
    return content.encode("shift_jis" if mode == "kanji" else "ascii")


@st.composite
def printed(draw: st.DrawFn) -> tuple[Matrix, bytes]:
    """A symbol filled to any part with one to three segments, and what it says."""
    version, level = draw(st.integers(1, 40)), draw(st.sampled_from("LMQH"))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    most = 3 if version > 1 else 1
    # Each mode once: segno writes two segments of one mode as one, with the bits of two.
    modes = draw(st.lists(st.sampled_from(sorted(PER_CHARACTER)), min_size=1, max_size=most, unique=True))
    bits = (room_bits(version, level) * draw(st.floats(0, 1)) - HEADER_BITS * len(modes)) / len(modes)
    contents = [written(rng, mode, max(1, int(bits / PER_CHARACTER[mode]) - 1)) for mode in modes]
    segments = [(content, segno.consts.MODE_MAPPING[mode]) for content, mode in zip(contents, modes, strict=True)]
    drawn = segno.make(segments, version=version, error=level, mask=draw(st.integers(0, 7)), boost_error=False)  # type: ignore[arg-type]
    said = b"".join(meant(content, mode) for content, mode in zip(contents, modes, strict=True))
    return matrix_of(drawn), said


def matrix_of(drawn: segno.QRCode) -> Matrix:
    matrix: Matrix = np.array([list(row) for row in drawn.matrix]) == 1
    return matrix


def clean(matrix: Matrix, module_px: int) -> Grey:
    picture = np.kron(np.pad(matrix, 4), np.ones((module_px, module_px), bool))
    found: Grey = np.where(picture, 0, 255).astype(np.uint8)
    return found


def by_codewords(matrix: Matrix) -> bytes | None:
    restored = codewords.restore(sure(matrix), (len(matrix) - 17) // 4)
    return None if restored is None else payload_of(restored)


def by_the_whole_reading(matrix: Matrix, module_px: int) -> bytes | None:
    grey = clean(matrix, module_px)
    found = read(grey, by_contours(grey))
    return None if found is None else found.data


@given(printed())
@settings(max_examples=40)
def test_any_symbol_comes_back_from_its_modules(symbol: tuple[Matrix, bytes]) -> None:
    matrix, said = symbol
    assert by_codewords(matrix) == said


@given(printed(), st.integers(3, 5))
@settings(max_examples=12)
def test_any_symbol_comes_back_from_a_picture(symbol: tuple[Matrix, bytes], module_px: int) -> None:
    matrix, said = symbol
    assert by_the_whole_reading(matrix, module_px) == said


@pytest.mark.parametrize("version", [1, 5, 8, 14, 22, 31, 40])
def test_a_full_symbol_comes_back_from_a_picture(version: int) -> None:
    level = "LMQH"[version % 4]
    text = (INDONESIAN * 50).encode()[: (room_bits(version, level) - HEADER_BITS) // 8]
    drawn = segno.make(text, version=version, error=level, mode="byte", mask=version % 8, boost_error=False)
    assert by_the_whole_reading(matrix_of(drawn), 3) == text


@given(st.text(min_size=1, max_size=60), st.sampled_from(["utf-8", "iso-8859-15", "shift_jis", "cp1252"]))
@settings(max_examples=25)
def test_text_with_its_character_set_declared_comes_back(text: str, charset: str) -> None:
    said = text.encode(charset, "ignore") or b"Bekasi"
    drawn = segno.make(said.decode(charset), encoding=charset, eci=True, mode="byte", mask=0, micro=False)
    assert by_codewords(matrix_of(drawn)) == said


def test_no_payload_comes_of_hundreds_of_spoilt_symbols_but_the_right_one() -> None:
    rng = np.random.default_rng(20)
    drawn = segno.make(INDONESIAN, version=7, error="q", mode="byte", mask=3, boost_error=False)
    whole, told = sure(matrix_of(drawn)), 0
    for _ in range(200):
        restored = codewords.restore(spoilt(rng, whole), 7)
        told += restored is not None
        assert restored is None or (restored == (whole > 0)).all()
    assert 10 < told < 190


def spoilt(rng: np.random.Generator, whole: Values) -> Values:
    """Some modules inverted, sure or not, and a patch of which nothing was seen."""
    seen = whole * rng.choice([1.0, -1.0], whole.shape, p=[1 - (share := rng.uniform(0, 0.12)), share])
    seen *= rng.uniform(0, 1, whole.shape) ** rng.uniform(0, 2)
    left, top, side = (int(v) for v in rng.integers(0, 25, 3))
    seen[top : top + side, left : left + side] = 0
    found: Values = seen.astype(np.float32)
    return found
