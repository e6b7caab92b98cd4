"""Lists as JSON, and colour and progress where there is a terminal and never elsewhere."""

import argparse
import io
import json
import re
import shutil
from pathlib import Path

import pytest

from kiosk.cli import parser
from kiosk.commands.terminal import CLEAR_LINE, Progress, coloured
from kiosk.hardware.speaker import rendering
from kiosk.simulator.speaker import spell
from tests.commands.test_cli import ROOT, kiosk
from tests.commands.test_cli_voice import SITE

LISTS = (
    ("check",),
    ("wiring",),
    ("init",),
    ("doctor",),
    ("journal",),
    ("verify",),
    ("trust", "import"),
    ("trust", "list"),
    ("trust", "verify"),
    ("pass", "list"),
    ("scan",),
    ("voice", "list"),
    ("bundle", "show"),
    ("safe",),
)


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def use_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make standard error a terminal. Pytest sets it before the body of each test, so no fixture can do this."""
    found = Terminal()
    monkeypatch.setattr("sys.stderr", found)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return found


def options_of(*names: str) -> set[str]:
    found: argparse.ArgumentParser = parser()
    for name in names:
        (subs,) = (action for action in found._actions if isinstance(action, argparse._SubParsersAction))
        found = subs.choices[name]
    return {option for action in found._actions for option in action.option_strings}


@pytest.mark.parametrize("names", LISTS)
def test_every_command_that_lists_has_json(names: tuple[str, ...]) -> None:
    assert "--json" in options_of(*names)


def test_progress_is_one_line_that_disappears(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    with Progress("reading") as progress:
        assert list(progress.over(["a.png", "b\x1b[31m.png"])) == ["a.png", "b\x1b[31m.png"]
    text = terminal.getvalue()
    assert "reading 1 of 2: a.png" in text
    assert "reading 2 of 2: b?[31m.png" in text, "a file's name cannot control the terminal"
    assert "\n" not in text
    assert text.endswith(CLEAR_LINE)


def test_elsewhere_there_is_no_progress(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("reading", 2) as progress:
        progress.step("a.png")
        progress.say("result")
    assert capsys.readouterr() == ("result\n", "")
    dumb = Terminal()
    monkeypatch.setattr("sys.stderr", dumb)
    monkeypatch.setenv("TERM", "dumb")
    with Progress("reading", 2) as progress:
        progress.step("a.png")
    assert dumb.getvalue() == ""


def test_a_long_name_does_not_wrap(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    monkeypatch.setenv("COLUMNS", "30")
    with Progress("reading", 9) as progress:
        progress.step("x" * 200)
    shown = [part for part in terminal.getvalue().split(CLEAR_LINE) if part]
    assert max(map(len, shown)) == 29


def test_a_colour_is_only_added_on_request() -> None:
    assert coloured("ok", "green", colours=True) == "\x1b[32mok\x1b[0m"
    assert coloured("ok", "green", colours=False) == "ok"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "config" / "texts", tmp_path / "texts")
    (tmp_path / "kiosk.yaml").write_text(SITE)
    monkeypatch.setattr(rendering, "espeak", spell)
    return tmp_path / "kiosk.yaml"


def test_rendering_shows_each_sentence_on_a_terminal(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = use_terminal(monkeypatch)
    assert kiosk("voice", "render", "--config", site) == 0
    found = re.findall(r"rendering (\d+) of (\d+): id: ", terminal.getvalue())
    assert found[0][0] == "1"
    assert len({total for _, total in found}) == 1
    assert "\x1b" not in capsys.readouterr().out


def test_the_clips_are_listed_as_json(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("voice", "list", "--json", "--config", site) == 1
    clips = json.loads(capsys.readouterr().out)
    assert {clip["standing"] for clip in clips} == {"missing"}
    assert {"language": "en", "key": "admitting.headline", "sentence": "Please enter."}.items() <= next(
        clip for clip in clips if (clip["language"], clip["key"]) == ("en", "admitting.headline")
    ).items()


def test_the_questions_are_listed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("init", "--questions", "--json") == 0
    questions = json.loads(capsys.readouterr().out)
    assert questions[0]["name"] == "profile"
    assert "hospital" in questions[0]["options"]


def test_passes_are_listed_and_issuing_many_shows_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = use_terminal(monkeypatch)
    assert kiosk("pass", "key", "--out", tmp_path) == 0
    (key,) = tmp_path.glob("*.key.pem")
    orders = tmp_path / "orders.csv"
    head, first = "label,kind,from,until,days,areas,use", "Ibu A,staff,2026-01-01,2026-12-31,,,"
    orders.write_text(f"{head}\n{first}\nB,invited,2026-01-01,2026-01-02,,,single\n")
    out = tmp_path / "out"
    assert kiosk("pass", "issue", "--key", key, "--site", "demo", "--csv", orders, "--out", out) == 0
    assert "drawing passes 2 of 2: " in terminal.getvalue()
    capsys.readouterr()
    assert kiosk("pass", "list", "--json", out) == 0
    passes = json.loads(capsys.readouterr().out)
    assert [(one["label"], one["kind"], one["use"]) for one in passes] == [
        ("Ibu A", "staff", "unlimited"),
        ("B", "invited", "single"),
    ]
    assert kiosk("pass", "list", out) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["pass", "kind", "from", "until", "use", "label"]
    assert lines[1].endswith("Ibu A")
    assert kiosk("pass", "list", tmp_path / "nowhere") == 3
    assert kiosk("pass", "list", tmp_path / "out") == 0


def test_pictures_are_reported_as_json_and_a_folder_shows_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = use_terminal(monkeypatch)
    shutil.copy(ROOT / "docs" / "page.png", tmp_path / "one.png")
    shutil.copy(ROOT / "docs" / "page.png", tmp_path / "two.png")
    assert kiosk("scan", "--json", tmp_path) in {0, 1}
    *rows, counts = map(json.loads, capsys.readouterr().out.splitlines())
    assert {Path(row["picture"]).name for row in rows} == {"one.png", "two.png"}
    assert counts["pictures"] == 2
    assert "reading 2 of 2: " in terminal.getvalue()


def test_the_checks_of_a_credential_are_reported_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "kiosk.yaml"
    config.write_text("credentials: {eu_dcc: {}}\n")
    assert kiosk("verify", "--json", "--config", config, "HC1:nonsense") == 4
    lines = json.loads(capsys.readouterr().out)
    assert lines[0] == {"word": "scheme", "text": "eu_dcc"}
    assert lines[-1]["word"] == "verdict"


def test_key_lists_are_reported_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "kiosk.yaml"
    config.write_text("credentials: {trust: {folder: trust}}\n")
    assert kiosk("trust", "list", "--json", "--config", config) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert kiosk("trust", "verify", "--json", "--config", config) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["problems"]
    assert found["notes"] == []
