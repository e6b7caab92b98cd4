"""Symbols of any version, level, mode and mask, drawn by segno, are read byte for byte by our own reading alone."""

import numpy as np
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.scanner.symbol.code import codewords, standard
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate.search import by_contours
from kiosk.scanner.symbol.read import payload_of, read
from kiosk.scanner.symbol.sample.pose import Values
from tests.samples import examples
from tests.scanner.symbol.drawing import Matrix, certain

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
INDONESIAN = "Selamat datang — silakan tunjukkan kode Anda, “Bekasi” № 1 · Ünïcødé € "
KANJI = "点茗漢字東京都日本語入口"
HEADER_BITS = 4 + 16  # mode and the longest count, ISO/IEC 18004:2015 clauses 7.4.1 and 7.4.2
ECI_BITS = 4 + 8

PER_CHARACTER = {"numeric": 10 / 3, "alphanumeric": 11 / 2, "byte": 8.0, "kanji": 13.0}


def capacity_bits(version: int, level: str) -> int:
    blocks = standard.blocks_of(version, level)
    return 8 * (len(standard.layout_of(version).data) - len(blocks.order) * blocks.checks)


def random_content(rng: np.random.Generator, mode: str, count: int) -> str | bytes:
    if mode == "byte":
        return rng.integers(0, 256, count, np.uint8).tobytes()
    characters = {"numeric": "0123456789", "alphanumeric": ALPHANUMERIC, "kanji": KANJI}[mode]
    return "".join(rng.choice(list(characters), count))


def expected_bytes(content: str | bytes, mode: str) -> bytes:
    if isinstance(content, bytes):
        return content
    return content.encode("shift_jis" if mode == "kanji" else "ascii")


@st.composite
def drawn_symbols(draw: st.DrawFn) -> tuple[Matrix, bytes]:
    """Draw a symbol that one to three segments fill to any part, and the bytes that it encodes."""
    version, level = draw(st.integers(1, 40)), draw(st.sampled_from("LMQH"))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    most = 3 if version > 1 else 1
    # Each mode once: segno writes two segments of one mode as one, with the bits of two.
    modes = draw(st.lists(st.sampled_from(sorted(PER_CHARACTER)), min_size=1, max_size=most, unique=True))
    bits = (capacity_bits(version, level) * draw(st.floats(0, 1)) - HEADER_BITS * len(modes)) / len(modes)
    contents = [random_content(rng, mode, max(1, int(bits / PER_CHARACTER[mode]) - 1)) for mode in modes]
    segments = [(content, segno.consts.MODE_MAPPING[mode]) for content, mode in zip(contents, modes, strict=True)]
    drawn = segno.make(segments, version=version, error=level, mask=draw(st.integers(0, 7)), boost_error=False)  # type: ignore[arg-type]
    expected = b"".join(expected_bytes(content, mode) for content, mode in zip(contents, modes, strict=True))
    return matrix_of(drawn), expected


def matrix_of(drawn: segno.QRCode) -> Matrix:
    matrix: Matrix = np.array([list(row) for row in drawn.matrix]) == 1
    return matrix


def clean(matrix: Matrix, module_px: int) -> Grey:
    picture = np.kron(np.pad(matrix, 4), np.ones((module_px, module_px), bool))
    found: Grey = np.where(picture, 0, 255).astype(np.uint8)
    return found


def read_modules(matrix: Matrix) -> bytes | None:
    restored = codewords.restore(certain(matrix), (len(matrix) - 17) // 4)
    return None if restored is None else payload_of(restored)


def read_picture(matrix: Matrix, module_px: int) -> bytes | None:
    grey = clean(matrix, module_px)
    found = read(grey, by_contours(grey))
    return None if found is None else found.data


@given(drawn_symbols())
@settings(max_examples=examples(40))
def test_any_symbol_is_read_from_its_modules(symbol: tuple[Matrix, bytes]) -> None:
    matrix, expected = symbol
    assert read_modules(matrix) == expected


@given(drawn_symbols(), st.integers(3, 5))
@settings(max_examples=examples(12))
def test_any_symbol_is_read_from_a_picture(symbol: tuple[Matrix, bytes], module_px: int) -> None:
    matrix, expected = symbol
    assert read_picture(matrix, module_px) == expected


@pytest.mark.parametrize("version", [1, 5, 8, 14, 22, 31, 40])
def test_a_full_symbol_is_read_from_a_picture(version: int) -> None:
    level = "LMQH"[version % 4]
    text = (INDONESIAN * 50).encode()[: (capacity_bits(version, level) - HEADER_BITS) // 8]
    drawn = segno.make(text, version=version, error=level, mode="byte", mask=version % 8, boost_error=False)
    assert read_picture(matrix_of(drawn), 3) == text


@given(st.text(min_size=1, max_size=60), st.sampled_from(["utf-8", "iso-8859-15", "shift_jis", "cp1252"]))
@settings(max_examples=examples(25))
def test_text_with_a_declared_character_set_is_read(text: str, charset: str) -> None:
    expected = text.encode(charset, "ignore") or b"Bekasi"
    drawn = segno.make(expected.decode(charset), encoding=charset, eci=True, mode="byte", mask=0, micro=False)
    assert read_modules(matrix_of(drawn)) == expected


def test_hundreds_of_damaged_symbols_give_the_right_payload_or_none() -> None:
    rng = np.random.default_rng(20)
    drawn = segno.make(INDONESIAN, version=7, error="q", mode="byte", mask=3, boost_error=False)
    undamaged, restored_count = certain(matrix_of(drawn)), 0
    for _ in range(200):
        restored = codewords.restore(damaged(rng, undamaged), 7)
        restored_count += restored is not None
        assert restored is None or (restored == (undamaged > 0)).all()
    assert 10 < restored_count < 190


def damaged(rng: np.random.Generator, undamaged: Values) -> Values:
    """Invert some modules, with any certainty, and erase a square of modules."""
    seen = undamaged * rng.choice([1.0, -1.0], undamaged.shape, p=[1 - (share := rng.uniform(0, 0.12)), share])
    seen *= rng.uniform(0, 1, undamaged.shape) ** rng.uniform(0, 2)
    left, top, side = (int(v) for v in rng.integers(0, 25, 3))
    seen[top : top + side, left : left + side] = 0
    found: Values = seen.astype(np.float32)
    return found
