"""`kiosk journal`: heads, JSON, following, and why a visit ended."""

import json
from datetime import UTC
from pathlib import Path

import pytest

from kiosk.commands import journal as command
from kiosk.journal.reading import JournalReader
from tests.booth import Booth
from tests.commands.test_cli import kiosk


@pytest.fixture
def book(folder: Path) -> Path:
    booth = Booth(folder).start()
    booth.walk_to_camera()
    booth.show(booth.forged_pass)
    booth.advance(1.0)
    booth.go_away()
    booth.close()
    return folder / "journal.db"


def test_lists_have_heads_and_are_json_on_request(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("journal", "--file", book) == 0
    assert capsys.readouterr().out.startswith("    row  time ")
    assert kiosk("journal", "counts", "--file", book) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == ["day", "outcome", "reason", "visits"]
    assert kiosk("journal", "--json", "--last", "2", "--file", book) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 2
    assert rows[-1]["kind"] == "stopped"
    assert kiosk("journal", "counts", "--json", "--file", book) == 0
    assert json.loads(capsys.readouterr().out)[0]["visits"] == 1


def test_a_visit_is_shown_with_the_rule_that_decided(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("journal", "show", "1", "--file", book) == 0
    out = capsys.readouterr().out
    assert "outcome: referred; reason: untrusted_issuer; kind of credential: site_pass" in out
    assert "the rule that decided" in out
    assert kiosk("journal", "show", "99", "--file", book) == 1
    assert kiosk("journal", "show", "--file", book) == 3
    assert "needs the number of a visit" in capsys.readouterr().err


def test_the_steps_of_the_running_kiosk_are_shown(
    book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = {"number": 1, "situations": [[0.0, "warned"], [4.5, "first_reading"]]}
    monkeypatch.setattr(command, "live_visits", lambda _feed: [visit])
    assert kiosk("journal", "show", "1", "--file", book) == 0
    assert "       4.5 s  first_reading" in capsys.readouterr().out
    assert kiosk("journal", "show", "1", "--json", "--file", book) == 0
    assert json.loads(capsys.readouterr().out)["steps"]["number"] == 1


def test_without_a_running_kiosk_there_are_no_steps(folder: Path) -> None:
    assert command.live_visits(folder / "none.sock") == []


def test_new_rows_are_followed(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    waits = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            booth = Booth(book.parent).start()
            booth.close()
        else:
            raise KeyboardInterrupt

    with JournalReader(book) as reading, pytest.raises(KeyboardInterrupt):
        command.follow(reading, UTC, wait=wait)
    lines = capsys.readouterr().out.splitlines()
    assert sum("started" in line for line in lines) == 2
    assert len({line[:7] for line in lines}) == len(lines), "no row is printed twice"
