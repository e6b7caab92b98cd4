"""`kiosk journal`: heads, JSON, following, and why a visit ended."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.commands import journal as command
from kiosk.journal import visits
from kiosk.journal.listing import StoredRow
from kiosk.journal.reading import JournalReader
from kiosk.simulator.mlx90614 import BusFault
from tests.booth import NOW_UTC, Booth
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


def test_the_rows_alone_tell_when_and_what_and_what_is_not_recorded(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    booth = Booth(folder).start()
    booth.walk_to_camera()
    booth.bus.fault = BusFault.SILENT
    booth.advance(12.0)
    booth.close()
    assert kiosk("journal", "show", "1", "--file", folder / "journal.db") == 0
    out = capsys.readouterr().out
    assert "not recorded: the times of the steps" in out
    assert re.search(r"\+0\.0 s +out_of_service .* visit 1 interrupted", out), out
    assert "the phase in which it ended: " in out
    assert kiosk("journal", "show", "1", "--json", "--file", folder / "journal.db") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["steps"] is None
    assert "not recorded" in found["not_recorded"]


def test_rows_between_those_of_the_visit_are_shown_with_it() -> None:
    rows = [
        stored(1, "started"),
        stored(2, "fault_raised", reason="camera_silent", at_s=3.0),
        stored(3, "visit", visit=1, outcome="left", at_s=5.0),
        stored(4, "spray_broken_off", at_s=9.0),
        stored(5, "visit", visit=2, outcome="admitted", at_s=12.0),
        stored(6, "fault_raised", reason="clock_jumped", at_s=13.0),
        stored(7, "went_through", visit=2, at_s=14.5),
        stored(8, "fault_cleared", at_s=20.0),
    ]
    own, meanwhile = visits.rows_of_visit(rows, 2)
    assert [row.id for row in own] == [5, 7]
    assert [row.id for row in meanwhile] == [4, 6]
    lines = visits.as_text(own, meanwhile, None, UTC)
    assert [line[:10] for line in lines[3:7]] == ["    -3.0 s", "    +0.0 s", "    +1.0 s", "    +2.5 s"]
    assert visits.rows_of_visit(rows, 9) == ([], [])


def stored(number: int, kind: str, at_s: float = 0.0, **more: Any) -> StoredRow:
    texts = {"outcome": "", "reason": "", "scheme": "", "detail": "", "visit": None} | more
    at = datetime(2026, 11, 28, tzinfo=UTC) + timedelta(seconds=at_s)
    return StoredRow(number, at, "sure", "k", kind, "idle", boot="b", run=1, seq=number, at_s=at_s, app="1", **texts)


def test_the_steps_of_the_running_kiosk_are_shown(
    book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = {"number": 1, "began": NOW_UTC.isoformat(), "situations": [[0.0, "warned"], [4.5, "first_reading"]]}
    monkeypatch.setattr(visits, "live_visits", lambda _feed: [visit])
    assert kiosk("journal", "show", "1", "--file", book) == 0
    assert "       4.5 s  first reading" in capsys.readouterr().out
    assert kiosk("journal", "show", "1", "--json", "--file", book) == 0
    assert json.loads(capsys.readouterr().out)["steps"]["number"] == 1


def test_the_steps_of_another_visit_with_this_number_are_not_shown(book: Path) -> None:
    later = {"number": 1, "began": (NOW_UTC + timedelta(days=1)).isoformat(), "situations": []}
    with JournalReader(book) as reading:
        own, _ = visits.rows_of_visit(reading.last(100), 1)
    assert visits.steps_of_visit(own, [later]) is None


def test_without_a_running_kiosk_there_are_no_steps(folder: Path) -> None:
    assert visits.live_visits(folder / "none.sock") == []


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
