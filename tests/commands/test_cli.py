"""The command line, as a user types it."""

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.cli import main
from kiosk.commands.settings import report_lines
from kiosk.hardware.safe_state import read_note
from kiosk.scanner.cascade.decode import Decoder
from kiosk.settings.loader import CheckReport
from kiosk.settings.yaml.mistakes import Mistake, Severity
from tests.booth import Booth

ROOT = Path(__file__).parents[2]
NO_GPIO = (
    "door: {relay_pin: 17}\nsequence: [temperature]\nthermometer: {}\ninputs: {presence: {pin: 5}}\n"
    "display: {port: 18173}\njournal: {path: journal.db}\n"
)


def kiosk(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_check_refuses_the_reference_file_until_it_is_filled_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kiosk("check", "--elsewhere", ROOT / "config" / "kiosk.yaml") == 1
    assert "site: must be filled in" in capsys.readouterr().err
    filled_in = tmp_path / "kiosk.yaml"
    filled_in.write_text((ROOT / "config" / "kiosk.yaml").read_text("utf-8").replace("FILL_IN ", ""), "utf-8")
    (tmp_path / "texts").symlink_to(ROOT / "config" / "texts")
    assert kiosk("check", "--elsewhere", filled_in) == 0
    assert "0 errors" in capsys.readouterr().out


def test_commands_that_do_not_run_the_kiosk_need_no_value_of_the_site(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "kiosk.yaml"
    text = (ROOT / "config" / "kiosk.yaml").read_text("utf-8").replace("/etc/kiosk/trust", str(tmp_path))
    config.write_text(text.replace("/var/lib/kiosk", str(tmp_path)), "utf-8")
    (tmp_path / "texts").symlink_to(ROOT / "config" / "texts")
    assert kiosk("verify", "--config", config, "HC1:nonsense") == 4
    assert kiosk("trust", "list", "--config", config) == 0
    assert kiosk("voice", "render", "--dry-run", "--config", config) in {0, 1}
    assert kiosk("scan", "--config", config, ROOT / "docs" / "page.png") in {0, 1}
    assert "FILL_IN" not in capsys.readouterr().err
    assert kiosk("run", "--config", config) == 3
    assert "FILL_IN" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["chekc"], "did you mean 'check'?"),
        (["trust", "improt"], "did you mean 'import'?"),
        (["journal", "cuonts"], "did you mean 'counts'?"),
        (["doctor", "--confg", "x.yaml"], "did you mean '--config'?"),
    ],
)
def test_a_mistyped_command_is_answered_with_the_nearest_one(
    arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert hint in capsys.readouterr().err


def test_mistakes_and_connections_are_json_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("door: {relay_pin: 17, hold_S: 5}\nsequence: [temperature]\n")
    assert kiosk("check", "--json", bad) == 1
    mistakes = json.loads(capsys.readouterr().out)
    found = {mistake["key"]: (mistake["line"], mistake["severity"]) for mistake in mistakes}
    assert found["door.hold_S"] == (1, "error")
    assert kiosk("wiring", "--json", "--config", ROOT / "config" / "kiosk.yaml") == 0
    wired = {found["setting"]: found["header"] for found in json.loads(capsys.readouterr().out)}
    assert wired["door.relay_pin"] == 29


def test_check_names_every_mistake_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("door: {relay_pin: 17, hold_S: 5}\nsequence: [temperature]\n")
    assert kiosk("check", bad) == 1
    message = capsys.readouterr().err
    assert f"{bad}:1:23: door.hold_S: unknown setting" in message
    assert "did you mean 'hold_s'?" in message


def test_the_places_of_mistakes_are_coloured_on_a_terminal_only() -> None:
    wrong = Mistake(4, 3, "door.hold_S", "unknown setting")
    odd = Mistake(0, 0, "speaker.clips", "one is missing", Severity.WARNING)
    report = CheckReport("k.yaml", None, (wrong, odd))
    assert "\n".join(report_lines(report, colours=False)) == str(report)
    assert list(report_lines(report, colours=True)) == [
        "\x1b[31mk.yaml:4:3:\x1b[0m door.hold_S: unknown setting",
        "\x1b[33mk.yaml:\x1b[0m warning: speaker.clips: one is missing",
        "\x1b[31mk.yaml: 1 error, 1 warning\x1b[0m",
    ]


def test_check_names_the_promises_that_the_wiring_cannot_keep_after_the_mistakes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "config" / "kiosk.yaml").read_text("utf-8")
    (tmp_path / "texts").symlink_to(ROOT / "config" / "texts")
    lean = tmp_path / "lean.yaml"
    text = text.replace("speaker:\n", "speaker:\n  clips: none\n")  # not those of a kiosk on this machine
    lean.write_text(text.replace("  passage:", "  exit:").replace("FILL_IN ", ""), "utf-8")
    assert kiosk("check", "--elsewhere", lean) == 0
    lines = capsys.readouterr().out.splitlines()
    notes = lines[lines.index(f"{lean}: 0 errors, 3 warnings") + 1 :]
    assert notes[0] == (
        f"{lean}: note: this wiring cannot keep 'a second body on one admission is reported': people who follow the "
        "visitor are not counted while the door is unlocked, or is still held open; gap: 5 s (door.hold_s); wire "
        "inputs.passage"
    )
    assert all(note.startswith(f"{lean}: note: this wiring ") for note in notes)


def test_check_prints_the_effective_settings_and_only_the_changes(capsys: pytest.CaptureFixture[str]) -> None:
    demo = ROOT / "config" / "demo.yaml"
    assert kiosk("check", "--elsewhere", "--effective", demo) == 0
    effective = capsys.readouterr().out
    assert kiosk("check", "--elsewhere", "--changes", demo) == 0
    changes = capsys.readouterr().out
    assert "max_hold_s: 10.0" in effective
    assert "max_hold_s" not in changes
    assert "name: demo" in changes


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("schema") == 0
    assert "door" in json.loads(capsys.readouterr().out)["properties"]


def test_flow_prints_its_page(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    # tests/flow/safety/test_safety_all_steps.py compares the page itself with docs/flow.md
    monkeypatch.setattr("kiosk.flow.analysis.diagram.page", lambda: "# The flow\n")
    assert kiosk("flow") == 0
    assert capsys.readouterr().out == "# The flow\n"


def test_a_pass_is_issued_as_a_picture_that_the_scanner_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import cv2
    import numpy as np

    assert kiosk("pass", "key", "--out", tmp_path) == 0
    key = next(tmp_path.glob("*.key.pem"))
    picture = tmp_path / "ani.png"
    assert kiosk("pass", "issue", "--key", key, "--site", "bekasi", "--days", 30, "--out", picture) == 0
    assert "staff pass for bekasi, 20" in capsys.readouterr().out
    grey = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
    (reading,) = Decoder(500).decode(np.asarray(grey, np.uint8)).codes
    assert reading.data.startswith(b"KP1:")
    assert kiosk("pass", "issue", "--key", key, "--site", "bekasi", "--out", picture) == 3
    assert "is there already" in capsys.readouterr().err


def test_the_journal_is_listed_counted_and_exported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    booth = Booth(folder).start()
    booth.walk_to_camera()
    booth.show(booth.good_pass)
    booth.go_away()
    booth.close()
    file = folder / "journal.db"
    assert kiosk("journal", "--file", file) == 0
    listed = capsys.readouterr().out
    assert "admitted" in listed
    assert kiosk("journal", "counts", "--file", file) == 0
    assert "admitted" in capsys.readouterr().out
    assert kiosk("journal", "export", "--file", file) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["kind"] for row in rows] == ["started", "in_service", "visit", "stopped"]


def test_a_kiosk_without_gpio_prints_cause_and_remedy_and_has_no_fallback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kiosk.yaml").write_text(NO_GPIO)
    shutil.copytree(ROOT / "config" / "texts", tmp_path / "texts")
    assert kiosk("run", "--config", tmp_path / "kiosk.yaml") == 3
    message = capsys.readouterr().err
    assert "gpio" in message
    assert "remedy: run on a Raspberry Pi" in message


def test_a_run_notes_its_outputs_before_it_drives_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    (tmp_path / "kiosk.yaml").write_text(NO_GPIO)
    shutil.copytree(ROOT / "config" / "texts", tmp_path / "texts")
    assert kiosk("run", "--config", tmp_path / "kiosk.yaml") == 3
    assert read_note(tmp_path / "outputs.json") == [("door.relay_pin", 17, True)]


def test_a_missing_settings_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("run", "--config", tmp_path / "none.yaml") == 3
    assert "none.yaml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("module", "not_loaded"), [("cli", "pydantic"), ("hardware.safe_state", "kiosk.settings.schema.settings")]
)
def test_a_command_loads_only_what_it_needs(module: str, not_loaded: str) -> None:
    program = f"import sys, kiosk.{module}; print({not_loaded!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False\n"


def test_a_missing_command_and_a_wrong_number_are_refused() -> None:
    assert kiosk() == 2
    assert kiosk("demo", "--visits", "0") == 2
    assert kiosk("demo", "--port", "99999") == 2


def test_clock_confirm_writes_the_time_beside_the_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "kiosk.yaml"
    config.write_text(NO_GPIO)
    assert kiosk("clock", "confirm", "--config", config) == 0
    assert "confirmed: it is" in capsys.readouterr().out
    assert (tmp_path / "time-confirmed").exists()


def test_clock_confirm_names_a_folder_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "kiosk.yaml"
    config.write_text(NO_GPIO.replace("journal.db", "gone/journal.db"))
    assert kiosk("clock", "confirm", "--config", config) == 3
    assert "cannot be written" in capsys.readouterr().err
