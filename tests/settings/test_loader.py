"""Loading a settings file: settings, mistakes, warnings, and the parts that a command needs."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from kiosk.errors import SettingsError
from kiosk.model import Step
from kiosk.settings.loader import check_file, load, load_part, parse
from kiosk.settings.schema.settings import Settings
from kiosk.settings.yaml.finishing import finish
from kiosk.settings.yaml.limits import limit_mistake
from kiosk.settings.yaml.mistakes import Mistake, Severity
from kiosk.settings.yaml.reading import TreeReader
from kiosk.settings.yaml.shapes import table_of
from kiosk.settings.yaml.tree import MappingNode, build
from kiosk.settings.yaml.yaml_errors import NOT_YAML, syntax_mistake

from .booth import complete, settings_of


@pytest.fixture
def kiosk_yaml(tmp_path: Path) -> Path:
    (tmp_path / "booth.py").write_text("a key")
    path = tmp_path / "kiosk.yaml"
    path.write_text(complete(""))
    return path


def test_a_correct_file_gives_its_settings(kiosk_yaml: Path) -> None:
    settings = load(kiosk_yaml)
    assert settings.door.relay_pin == 17
    assert settings.sequence == (Step.CREDENTIAL,)
    assert settings.camera is not None
    assert settings.thermometer is None


def test_an_error_gives_no_settings_and_every_mistake(kiosk_yaml: Path) -> None:
    kiosk_yaml.write_text(complete("door: {relay_pin: 5, hold_s: 99}"))
    with pytest.raises(SettingsError) as caught:
        load(kiosk_yaml)
    assert str(caught.value).replace(str(kiosk_yaml), "FILE") == (
        "FILE:1:19: warning: door.relay_pin: GPIO5 is pulled up while the Pi starts, which unlocks the door;"
        " use one of GPIO 9 to 27, or add a pull-down resistor at the relay\n"
        "FILE:1:30: door.hold_s: 99 is outside 0.5 to 30.0 (how long the door stays unlocked)"
    )


def test_a_warning_does_not_prevent_the_kiosk_from_running(kiosk_yaml: Path, caplog: pytest.LogCaptureFixture) -> None:
    kiosk_yaml.write_text(complete("door: {relay_pin: 5}"))
    assert load(kiosk_yaml).door.relay_pin == 5
    assert "kiosk.yaml:1:19: warning: door.relay_pin: GPIO5 is pulled up while the Pi starts" in caplog.text
    report = check_file(kiosk_yaml)
    assert report.exit_code == 0
    assert str(report).endswith("kiosk.yaml: 0 errors, 1 warning")


def test_a_missing_key_file_is_an_error_on_the_kiosk_and_a_warning_elsewhere(kiosk_yaml: Path) -> None:
    (kiosk_yaml.parent / "booth.py").unlink()
    assert check_file(kiosk_yaml).exit_code == 1
    with pytest.raises(SettingsError, match=r"booth\.py' is missing"):
        load(kiosk_yaml)
    assert load(kiosk_yaml, elsewhere=True).door.relay_pin == 17
    report = check_file(kiosk_yaml, elsewhere=True)
    assert report.exit_code == 0
    assert [mistake.severity.value for mistake in report.mistakes] == ["warning"]


def test_a_value_that_must_be_filled_in_is_refused_and_left_out_of_a_part(kiosk_yaml: Path) -> None:
    online = "online_status: {address: FILL_IN https://a.id, prefixes: [FILL_IN a], status: {a: pass}}, eu_dcc: {}"
    kiosk_yaml.write_text(complete(f"site: FILL_IN Balai Kota\ncredentials: {{{online}}}"))
    with pytest.raises(SettingsError, match="site: must be filled in"):
        load(kiosk_yaml, elsewhere=True)
    accepted = load_part(kiosk_yaml, "credentials", "site").credentials
    assert (accepted.online_status, accepted.eu_dcc is None) == (None, False)
    example = check_file(kiosk_yaml, elsewhere=True, examples=True).settings
    assert example
    assert example.site == "Balai Kota"
    assert example.credentials.online_status
    assert example.credentials.online_status.address == "https://a.id"


@pytest.mark.parametrize("path", ["journal.db", "../run/journal.db", "/dev/shm/journal.db", "/var/tmp/j.db"])
def test_an_installed_kiosk_needs_a_journal_that_lasts(path: str) -> None:
    mistakes, settings = parse(complete(f"journal: {{path: {path}}}").encode(), Path("/etc/kiosk"), elsewhere=True)
    assert settings is None
    assert [mistake.key for mistake in mistakes if mistake.severity is Severity.ERROR] == ["journal.path"]


def test_a_trial_may_keep_its_journal_beside_its_settings(kiosk_yaml: Path) -> None:
    kiosk_yaml.write_text(complete("journal: {path: journal.db}"))
    assert check_file(kiosk_yaml).exit_code == 0


def test_a_part_of_a_correct_file_is_loaded_without_a_message(
    kiosk_yaml: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert load_part(kiosk_yaml, "credentials") == load(kiosk_yaml)
    assert not caplog.records


@pytest.mark.parametrize("wrong", ["door: {relay_pin: 17, hold_S: 5}", "name: NO!", "credentials: {eu_dcc: 7}"])
def test_a_part_is_loaded_although_another_part_is_wrong(
    kiosk_yaml: Path, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    kiosk_yaml.write_text(f"{wrong}\n")
    assert load_part(kiosk_yaml, "credentials.trust", elsewhere=True).credentials.trust.folder.endswith("trust")
    assert "in other parts; 'kiosk check" in caplog.text


@pytest.mark.parametrize(
    "wrong",
    [
        "credentials: {trust: {folder: 7, max_age_days: x}}",
        "credentials: {trust: {foldr: x}}",
        "credentials: {trst: {folder: x}}",
        "credentals: {trust: {folder: x}}",
        "credentials: 7",
        "credentials: {trust: 7}",
        "- list",
        "door: [",
    ],
)
def test_a_part_that_is_wrong_or_may_be_mistyped_is_refused(kiosk_yaml: Path, wrong: str) -> None:
    kiosk_yaml.write_text(f"{wrong}\n")
    with pytest.raises(SettingsError):
        load_part(kiosk_yaml, "credentials.trust", elsewhere=True)


def test_a_part_of_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.yaml"):
        load_part(tmp_path / "none.yaml", "credentials")


def test_a_key_file_that_cannot_be_opened_is_reported(kiosk_yaml: Path) -> None:
    (kiosk_yaml.parent / "loop").symlink_to("loop")
    kiosk_yaml.write_text(complete("credentials: {site_pass: {site: a, public_keys: [loop]}}"))
    with pytest.raises(SettingsError, match=r"loop' cannot be read \(Too many levels of symbolic links\)"):
        load(kiosk_yaml)


def test_a_language_without_texts_is_reported(kiosk_yaml: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    kiosk_yaml.write_text(complete("display: {languages: [id, jv, id]}"))

    def reported() -> list[str]:
        lines = str(check_file(kiosk_yaml, texts)).splitlines()
        return [line.replace(str(kiosk_yaml), "FILE").replace(str(texts), "TEXTS") for line in lines[:-1]]

    assert reported() == [
        "FILE:1:23: display.languages entry 1: there is no 'id.yaml' in 'TEXTS'; known languages: none",
        "FILE:1:27: display.languages entry 2: there is no 'jv.yaml' in 'TEXTS'; known languages: none",
        "FILE:1:31: display.languages entry 3: 'id' is listed twice; remove one",
    ]
    (texts / "en.yaml").touch()
    (texts / "id.yaml").touch()
    assert reported() == [
        "FILE:1:27: display.languages entry 2: there is no 'jv.yaml' in 'TEXTS'; known languages: en, id",
        "FILE:1:31: display.languages entry 3: 'id' is listed twice; remove one",
    ]
    kiosk_yaml.write_text(complete(""))
    assert check_file(kiosk_yaml, texts).mistakes == ()


def test_default_languages_without_texts_are_reported_too(kiosk_yaml: Path, tmp_path: Path) -> None:
    report = check_file(kiosk_yaml, tmp_path / "none")
    assert [(mistake.line, mistake.column, mistake.key) for mistake in report.mistakes] == [
        (1, 1, "display.languages"),
        (1, 1, "display.languages"),
    ]


@pytest.mark.parametrize(
    ("written", "value"),
    [("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False)],
)
def test_true_and_false_have_the_spellings_of_yaml(written: str, value: bool) -> None:
    speaker = settings_of(f"speaker: {{sounds: {written}}}").speaker
    assert speaker is not None
    assert speaker.sounds is value


def test_a_setting_of_an_earlier_release_is_a_warning() -> None:
    mistakes, _ = parse(b"door: {relay_pin: 4}\nsequence: [disinfect]\ndisplay: {voice: true}\n", Path())
    retired = [mistake for mistake in mistakes if mistake.key == "display.voice"]
    assert [mistake.severity for mistake in retired] == [Severity.WARNING]
    assert retired[0].text.startswith("has no effect")


@pytest.mark.parametrize(("written", "value"), [("0x5A", 90), ("0x5a", 90), ("90", 90)])
def test_an_i2c_address_may_be_hexadecimal(written: str, value: int) -> None:
    thermometer = settings_of(f"thermometer: {{address: {written}}}").thermometer
    assert thermometer is not None
    assert thermometer.address == value


@pytest.mark.parametrize(("written", "value"), [("5", 5.0), ("5.5", 5.5), ("8e0", 8.0), ("0.5", 0.5), ("5.0e+0", 5.0)])
def test_a_number_may_have_a_fraction_or_an_exponent(written: str, value: float) -> None:
    assert settings_of(f"door: {{relay_pin: 17, hold_s: {written}}}").door.hold_s == value


@pytest.mark.parametrize("written", ["010", "1:30", "2021-10-01", "08.00", "'no'", "0x10", "1_000", "=", "Bekasi: x"])
def test_a_text_is_never_converted_to_another_type(written: str) -> None:
    text = written if written != "Bekasi: x" else "'Bekasi: x'"
    assert settings_of(f"site: {text}").site == text.strip("'")


def test_the_settings_are_the_same_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "door:\n  relay_pin: 17\n  hold_s: 4.5\nsite: 'Kota Bekasi'\ndisplay: {languages: [id]}"
    with_c = settings_of(text)
    monkeypatch.setattr("kiosk.settings.yaml.tree._LOADER", yaml.SafeLoader)
    assert settings_of(text) == with_c


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("door:\n\trelay_pin: 1", "2:1: a tab is not allowed here; indent with spaces"),
        ("site: @home", "1:7: '@' cannot begin a value; put the value in quotes"),
        ("sequence: [a, b", "1:11: the list that begins here is not closed; end it with ']'"),
        ("door: {a: 1", "1:7: the section that begins here is not closed; end it with '}'"),
        ('site: "Bekasi', "1:7: the quote that begins here is not closed"),
        (
            "door:\n  a: 1\n b: 2",
            "3:2: this is not expected here; begin all settings of one section in the same column,",
        ),
        ("door:\n  a: 1\n  b\nc: 2", "3:3: this line has no ':' after its key"),
        ("a: b: c", "1:5: this ':' is not expected here;"),
        ("a: - b", "1:4: this '-' is not expected here; begin the list on a new line"),
        ("a: }", "1:4: a value is missing here"),
        ('a: "\\k"', "1:6: a backslash in double quotes begins a special character; use single quotes"),
        (
            "%YAML 9.9\n---\na: b",
            "1:1: this version of YAML is not supported; remove the line that begins with '%YAML'",
        ),
    ],
)
def test_a_syntax_error_has_the_same_message_without_libyaml(
    text: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.settings.yaml.tree._LOADER", yaml.SafeLoader)
    mistakes: list[Mistake] = []
    assert build(text, mistakes) is None
    assert mistakes[0].shown("").startswith(f":{expected}")


def test_a_syntax_error_without_a_position_is_reported_at_the_beginning() -> None:
    assert syntax_mistake(yaml.YAMLError("odd"), "").shown("f") == f"f:1:1: {NOT_YAML}"


def test_an_unknown_syntax_error_is_reported_with_a_general_message() -> None:
    mark = yaml.Mark("f", 0, 2, 4, "", 0)
    assert syntax_mistake(yaml.MarkedYAMLError(problem="of a later release", problem_mark=mark), "").shown("f") == (
        f"f:3:5: {NOT_YAML}"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[" * 5000, "1:17: more than 16 levels of nesting; this is not a settings file"),
        ("a: [b" + ", b" * 5000, "1:11996: more than 4000 values up to this position; this is not a settings file"),
        ("a: b", f"1:1: {NOT_YAML}"),
    ],
)
def test_the_message_is_ours_if_the_parser_has_limits_of_its_own(
    text: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Strict(yaml.SafeLoader):
        def check_token(self, *choices: Any) -> bool:
            raise yaml.MarkedYAMLError(problem="too much", problem_mark=self.get_mark())

    monkeypatch.setattr("kiosk.settings.yaml.tree._LOADER", Strict)
    mistakes: list[Mistake] = []
    assert build(text, mistakes) is None
    assert [mistake.shown("") for mistake in mistakes] == [f":{expected}"]


def test_an_unknown_kind_of_pydantic_error_is_reported_in_its_own_words() -> None:
    tree = build("name: a", [])
    assert isinstance(tree, MappingNode)
    reading = TreeReader(tree, table_of(Settings), [])
    mistake = limit_mistake({"type": "new", "loc": ("name",), "msg": "Should Be New", "input": ""}, reading.locations)
    assert mistake.shown("f") == "f:1:7: name: should be new (short name of this kiosk, for the journal)"


def test_unusable_values_are_left_out_for_the_cross_checks() -> None:
    tree = build("door: {relay_pin: 17, hold_s: 99}\nbuzzer: {}\ninputs: {stop: {pin: 4}, skip: {}}", [])
    assert isinstance(tree, MappingNode)
    mistakes: list[Mistake] = []
    settings, broken = finish(TreeReader(tree, table_of(Settings), mistakes), mistakes)
    assert settings.door.hold_s == 5.0
    assert settings.buzzer is None
    assert settings.inputs.stop is not None
    assert settings.inputs.skip is None
    assert broken == {("door", "hold_s"), ("buzzer",), ("inputs", "skip")}
    assert [mistake.key for mistake in mistakes] == ["door.hold_s", "buzzer.pin", "inputs.skip.pin"]
