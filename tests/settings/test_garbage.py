"""For any content of a file, the result is settings or mistakes with text, and it comes within two seconds."""

from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from kiosk.settings.loader import parse
from kiosk.settings.yaml.mistakes import Severity
from tests.samples import examples

CONFIG = Path(__file__).parents[2] / "config"
REFERENCE = (CONFIG / "kiosk.yaml").read_bytes()
LINES = REFERENCE.splitlines(keepends=True)
WORDS = [
    word.encode() for word in ("null", "{}", "[]", "- ", ": ", "*a", "&a ", "!!int ", "<<", "0x5A", "no", "1:30", "'")
]

any_time = settings(deadline=None, max_examples=examples(100))


def check(data: bytes) -> None:
    mistakes, found = parse(data, CONFIG, CONFIG / "texts")
    errors = [mistake for mistake in mistakes if mistake.severity is Severity.ERROR]
    assert (found is None) == bool(errors)
    assert all(mistake.text and "object at 0x" not in mistake.text for mistake in mistakes)


@any_time
@given(st.binary(max_size=400))
@example(b"%YAML 1.1\n---\n")
@example(b"? \n: \n")
@example(b"a: \xc2\x85b")
def test_random_bytes_give_settings_or_mistakes(data: bytes) -> None:
    check(data)


@any_time
@given(st.text("[]{}:,-?&*!|>'\"%@` #\n\tab0", max_size=200))
def test_random_indicators_of_yaml_give_settings_or_mistakes(text: str) -> None:
    check(text.encode())


@any_time
@given(st.data())
def test_the_reference_file_with_replaced_pieces_gives_settings_or_mistakes(data: st.DataObject) -> None:
    text = REFERENCE
    for _ in range(data.draw(st.integers(1, 4))):
        at, size = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 30))
        piece = data.draw(st.one_of(st.just(text[at : at + size] * 2), st.sampled_from(WORDS), st.binary(max_size=8)))
        text = text[:at] + piece + text[at + size :]
    check(text)


@any_time
@given(st.data())
def test_the_reference_file_with_a_replaced_value_gives_settings_or_mistakes(data: st.DataObject) -> None:
    lines = [line.partition(b" #")[0] for line in LINES if b": " in line and not line.startswith(b"#")]
    line = data.draw(st.sampled_from(lines))
    key = line.partition(b": ")[0]
    value = data.draw(st.one_of(st.sampled_from(WORDS), st.integers().map(lambda found: str(found).encode())))
    check(REFERENCE.replace(line, key + b": " + value))


@any_time
@given(st.data())
def test_the_reference_file_with_a_block_of_lines_in_another_order_gives_settings_or_mistakes(
    data: st.DataObject,
) -> None:
    first = data.draw(st.integers(0, len(LINES) - 2))
    last = data.draw(st.integers(first + 2, min(first + 40, len(LINES))))
    block = data.draw(st.permutations(LINES[first:last]))
    check(b"".join([*LINES[:first], *block, *LINES[last:]]))
