"""The files of texts: the shipped files are complete, and every mistake in a file is reported with its line."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.display import keys
from kiosk.display.texts import MAX_BYTES, direction, load
from kiosk.errors import SettingsError
from kiosk.scanner.cascade import hints
from tests.display.scenes import FOLDER, texts

GOOD = (FOLDER / "en.yaml").read_text(encoding="utf-8")


def mistakes(folder: Path, text: str | bytes) -> list[str]:
    """Return the mistakes that `load` reports about `text`, without the file's folder."""
    file = folder / "en.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError) as caught:
        load(folder, ["en"])
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def with_line(line: str) -> str:
    """Return the shipped file with one line replaced: the line with the same key as `line`."""
    key = line.partition(":")[0]
    return re.sub(rf"^{re.escape(key)}:.*$", lambda _: line, GOOD, flags=re.MULTILINE)


def line_of(key: str) -> int:
    return [line.partition(":")[0] for line in GOOD.splitlines()].index(key) + 1


def test_the_shipped_texts_are_complete_in_both_languages() -> None:
    shipped = texts()
    assert shipped.languages == ("id", "en")
    assert shipped.sentences["id"].keys() == shipped.sentences["en"].keys() == keys.KEYS
    assert shipped.say("id", "admitting.headline") == "Silakan masuk"


def test_the_shipped_texts_are_translated() -> None:
    shipped = texts().sentences
    assert [key for key in keys.KEYS if shipped["id"][key] == shipped["en"][key]] == []


def test_no_headline_of_a_referral_names_an_illness() -> None:
    headlines = [texts().say("en", f"referring.{reason}.headline") for reason in ("fever", "status_denied")]
    assert headlines == ["Let us help you", "Let us help you"]


def test_every_hint_of_the_scanner_has_a_sentence() -> None:
    assert set(hints.HINTS) <= keys.HINTS


def test_an_empty_key_gives_an_empty_sentence() -> None:
    assert texts().say("id", "") == ""


def test_a_value_with_braces_is_not_expanded_again() -> None:
    assert texts().say("en", "fault", fault="{camera}") == "Code {camera}"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('idle.headline: ""', "idle.headline: is empty; write a sentence"),
        ("idle.headline:", "idle.headline: is empty; write a sentence"),
        ('idle.headline: "a\\nb"', "idle.headline: holds a line break or a control character; write one line"),
        (f'idle.headline: "{"x" * 161}"', "idle.headline: has 161 characters; at most 160 fit on the screen"),
        ('idle.headline: "Hello {name}"', "idle.headline: may hold no braces"),
        ('idle.headline: "Hello {"', "idle.headline: may hold no braces"),
        (
            'figure: "{temperature} and {temperature}"',
            "figure: must hold {temperature} exactly once, and no other brace",
        ),
        ('figure: "36 °C"', "figure: must hold {temperature} exactly once, and no other brace"),
        ('figure: "{temperature!r} °C"', "figure: must hold {temperature} exactly once, and no other brace"),
        ('figure: "{temperature.real} °C"', "figure: must hold {temperature} exactly once, and no other brace"),
        ('fault: "{temperature}"', "fault: must hold {fault} exactly once, and no other brace"),
    ],
)
def test_a_wrong_sentence_is_reported_with_its_line(tmp_path: Path, line: str, expected: str) -> None:
    where = line_of(line.partition(":")[0])
    assert mistakes(tmp_path, with_line(line)) == [f"en.yaml:{where}: {expected}"]


def test_a_missing_sentence_is_a_mistake(tmp_path: Path) -> None:
    without = GOOD.replace('idle.headline: "Welcome"\n', "")
    assert mistakes(tmp_path, without) == ["en.yaml: idle.headline: missing; every language needs it"]


def test_an_unknown_key_is_reported_with_the_most_similar_key(tmp_path: Path) -> None:
    assert mistakes(tmp_path, GOOD + 'idle.headlin: "Hi"\nzzz: "Hi"\n') == [
        f"en.yaml:{len(GOOD.splitlines()) + 1}: idle.headlin: unknown key; did you mean 'idle.headline'?",
        f"en.yaml:{len(GOOD.splitlines()) + 2}: zzz: unknown key",
    ]


def test_a_key_given_twice_is_a_mistake(tmp_path: Path) -> None:
    last = len(GOOD.splitlines()) + 1
    assert mistakes(tmp_path, GOOD + 'fault: "{fault}"\n') == [f"en.yaml:{last}: fault: given twice; remove one"]


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    wrong = with_line('idle.headline: ""').replace('page.seconds: "seconds"', 'page.second: "seconds"')
    assert len(mistakes(tmp_path, wrong)) == 3


@pytest.mark.parametrize(
    "extra", ["- a\n", "a: [b]\n", "? [a]\n: b\n", "a: &b c\n", "a: *b\n", "a: !!int 1\n", "--- a\n"]
)
def test_yaml_other_than_pairs_of_scalars_is_refused_at_its_line(tmp_path: Path, extra: str) -> None:
    last = len(GOOD.splitlines()) + 1
    assert mistakes(tmp_path, GOOD + extra)[-1].startswith(f"en.yaml:{last}: ")


def test_invalid_yaml_is_reported_with_its_line(tmp_path: Path) -> None:
    assert mistakes(tmp_path, 'a: "b\n') == [
        "en.yaml:2: found unexpected end of stream; put the sentence in double quotes"
    ]


def test_a_character_that_yaml_forbids_is_refused(tmp_path: Path) -> None:
    assert mistakes(tmp_path, b"a: \x01\n") == ["en.yaml: holds a character that YAML does not allow"]


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    assert mistakes(tmp_path, b"a: \xff\n") == ["en.yaml: is not UTF-8 text (byte 3); save it as UTF-8"]


def test_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    assert mistakes(tmp_path, b"#" * (MAX_BYTES + 1)) == [
        f"en.yaml: is longer than {MAX_BYTES} bytes; keep to one short sentence for each key"
    ]


def test_nesting_without_end_ends(tmp_path: Path) -> None:
    assert len(mistakes(tmp_path, "[" * MAX_BYTES)) == 1


def test_a_language_without_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"jv\.yaml: cannot be read \(No such file or directory\)"):
        load(tmp_path, ["jv"])


@pytest.mark.parametrize("language", ["../id", "id/../en", "", "ID", "id\n"])
def test_a_language_is_no_path(language: str) -> None:
    with pytest.raises(SettingsError, match="is not a language code"):
        load(FOLDER, [language])


def test_a_language_named_twice_is_a_mistake() -> None:
    with pytest.raises(SettingsError, match="names a language twice"):
        load(FOLDER, ["id", "id"])


@given(garbage=st.binary(max_size=400))
def test_random_bytes_always_raise_a_settings_error(tmp_path_factory: pytest.TempPathFactory, garbage: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "en.yaml").write_bytes(garbage)
    with pytest.raises(SettingsError):
        load(folder, ["en"])


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("id", "ltr"),
        ("zh-Hans", "ltr"),
        ("arn", "ltr"),
        ("ar-Latn", "ltr"),
        ("ar", "rtl"),
        ("fa-IR", "rtl"),
        ("he", "rtl"),
        ("id-Arab", "rtl"),
        ("az-Arab-IR", "rtl"),
    ],
)
def test_the_direction_of_a_language(language: str, expected: str) -> None:
    assert direction(language) == expected
