"""Whatever a file holds, the answer is settings or mistakes with words, soon."""

from datetime import timedelta
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from kiosk.settings.loader import parse
from kiosk.settings.yaml.mistakes import Severity

CONFIG = Path(__file__).parents[2] / "config"
REFERENCE = (CONFIG / "kiosk.yaml").read_bytes()
WORDS = [
    word.encode() for word in ("null", "{}", "[]", "- ", ": ", "*a", "&a ", "!!int ", "<<", "0x5A", "no", "1:30", "'")
]

soon = settings(deadline=timedelta(seconds=2), max_examples=100)


def judge(data: bytes) -> None:
    mistakes, found = parse(data, CONFIG, CONFIG / "texts")
    errors = [mistake for mistake in mistakes if mistake.severity is Severity.ERROR]
    assert (found is None) == bool(errors)
    assert all(mistake.text and "object at 0x" not in mistake.text for mistake in mistakes)


@soon
@given(st.binary(max_size=400))
@example(b"%YAML 1.1\n---\n")
@example(b"? \n: \n")
@example(b"a: \xc2\x85b")
def test_any_bytes(data: bytes) -> None:
    judge(data)


@soon
@given(st.text("[]{}:,-?&*!|>'\"%@` #\n\tab0", max_size=200))
def test_any_text_of_yamls_own_signs(text: str) -> None:
    judge(text.encode())


@soon
@given(st.data())
def test_the_reference_with_pieces_cut_doubled_and_replaced(data: st.DataObject) -> None:
    text = REFERENCE
    for _ in range(data.draw(st.integers(1, 4))):
        at, size = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 30))
        piece = data.draw(st.one_of(st.just(text[at : at + size] * 2), st.sampled_from(WORDS), st.binary(max_size=8)))
        text = text[:at] + piece + text[at + size :]
    judge(text)


@soon
@given(st.data())
def test_the_reference_with_any_value_in_any_place(data: st.DataObject) -> None:
    lines = [line.partition(b" #")[0] for line in REFERENCE.splitlines() if b": " in line and not line.startswith(b"#")]
    number = data.draw(st.integers(0, len(lines) - 1))
    key = lines[number].partition(b": ")[0]
    value = data.draw(st.one_of(st.sampled_from(WORDS), st.integers().map(lambda found: str(found).encode())))
    judge(REFERENCE.replace(lines[number], key + b": " + value))


@soon
@given(st.permutations(REFERENCE.splitlines(keepends=True)[40:80]))
def test_the_reference_with_lines_in_another_order(lines: list[bytes]) -> None:
    whole = REFERENCE.splitlines(keepends=True)
    judge(b"".join([*whole[:40], *lines, *whole[80:]]))
