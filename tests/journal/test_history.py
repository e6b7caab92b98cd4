"""The history in memory counts as `kiosk journal counts` does, and reads each row once."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.flow.state import Outcome
from kiosk.journal.history import DAYS, MAX_VISITS, JournalHistory
from kiosk.journal.listing import StoredRow
from kiosk.journal.reading import JournalReader
from kiosk.journal.records import Record, RowKind
from kiosk.journal.store import Journal
from kiosk.model import Phase, WallTime

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


class WatchedHistory(JournalHistory):
    """A history that notes the id and the time of each row that it reads."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, UTC)
        self.seen: list[tuple[int, datetime]] = []

    def _count(self, row: StoredRow) -> None:
        self.seen.append((row.id, row.at))
        super()._count(row)


class Wall:
    def __init__(self) -> None:
        self.utc = START

    def __call__(self) -> WallTime:
        return WallTime(self.utc, sure=True)


def written(path: Path, wall: Wall, journal: Journal, visits: int, seed: int, step: timedelta) -> None:
    """Write random visits, of which the officer overrules some, with faults and bodies that go through."""
    chance = random.Random(seed)
    for number in range(1, visits + 1):
        wall.utc += step
        at_s = (wall.utc - START).total_seconds()
        outcome = chance.choice([Outcome.ADMITTED, Outcome.REFERRED, Outcome.LEFT])
        reason = "fever" if outcome is Outcome.REFERRED else ""
        journal.append(Record(RowKind.VISIT, at_s, Phase.IDLE, number, outcome, reason, "site_pass", "rule"))
        if outcome is Outcome.REFERRED and chance.random() < 0.3:
            wall.utc += timedelta(minutes=chance.choice([0, 70]))
            journal.append(Record(RowKind.VISIT, at_s + 1, Phase.IDLE, number, Outcome.ADMITTED_BY_OFFICER, reason))
        if outcome is Outcome.ADMITTED:
            journal.append(Record(RowKind.WENT_THROUGH, at_s + 2, Phase.IDLE, number, detail="1"))
        if chance.random() < 0.2:
            journal.append(Record(RowKind.FAULT_RAISED, at_s + 3, Phase.IDLE, reason="camera_silent", detail="camera"))


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def journal(tmp_path: Path, wall: Wall) -> Journal:
    return Journal(tmp_path / "journal.db", "kiosk-1", wall, 90, 64)


@pytest.mark.parametrize("seed", range(5))
def test_the_history_counts_as_the_journal_does(seed: int, tmp_path: Path, wall: Wall, journal: Journal) -> None:
    journal.open()
    written(tmp_path, wall, journal, 120, seed, timedelta(minutes=37))
    history = JournalHistory(tmp_path / "journal.db", UTC)
    history.refresh(wall.utc)
    with JournalReader(tmp_path / "journal.db") as reader:
        counts = reader.counts(wall.utc - timedelta(days=DAYS))
    expected: dict[tuple[str, str], int] = {}
    for count in counts:
        if count.outcome != "went_through":
            key = (count.outcome, count.reason)
            expected[key] = expected.get(key, 0) + count.visits
    assert dict(history.outcomes("")) == expected
    went = sum(count.visits for count in counts if count.outcome == "went_through")
    assert sum(history.through.values()) == went
    journal.close()


def test_each_row_is_read_once_also_when_more_come(tmp_path: Path, wall: Wall, journal: Journal) -> None:
    journal.open()
    written(tmp_path, wall, journal, 50, 1, timedelta(minutes=5))
    history = WatchedHistory(tmp_path / "journal.db")
    history.refresh(wall.utc)
    first = len(history.seen)
    history.refresh(wall.utc)
    assert len(history.seen) == first
    written(tmp_path, wall, journal, 10, 2, timedelta(minutes=5))
    history.refresh(wall.utc)
    assert len(history.seen) == len(set(history.seen))
    assert len(history.seen) > first
    journal.close()


def test_rows_older_than_the_week_are_not_read(tmp_path: Path, wall: Wall, journal: Journal) -> None:
    journal.open()
    written(tmp_path, wall, journal, 400, 1, timedelta(hours=2))
    history = WatchedHistory(tmp_path / "journal.db")
    history.refresh(wall.utc)
    assert min(at for _, at in history.seen) >= wall.utc - timedelta(days=DAYS)
    assert len(history.seen) >= DAYS * 12
    journal.close()


def test_hours_of_an_older_week_are_forgotten(tmp_path: Path, wall: Wall, journal: Journal) -> None:
    journal.open()
    written(tmp_path, wall, journal, 20, 1, timedelta(hours=1))
    history = JournalHistory(tmp_path / "journal.db", UTC)
    history.refresh(wall.utc)
    assert history.hours
    history.refresh(wall.utc + timedelta(days=DAYS + 1))
    assert not history.hours
    journal.close()


def test_the_last_visits_keep_their_rows_in_order(tmp_path: Path, wall: Wall, journal: Journal) -> None:
    journal.open()
    written(tmp_path, wall, journal, MAX_VISITS + 30, 3, timedelta(minutes=1))
    history = JournalHistory(tmp_path / "journal.db", UTC)
    history.refresh(wall.utc)
    latest = list(history.latest())
    assert len(latest) == MAX_VISITS
    assert [visit.number for visit in latest] == sorted((visit.number for visit in latest), reverse=True)
    for visit in latest:
        assert [row.id for row in visit.rows] == sorted(row.id for row in visit.rows)
        assert visit.outcome
    journal.close()


def test_a_journal_that_is_replaced_is_read_from_its_beginning(tmp_path: Path, wall: Wall, journal: Journal) -> None:
    journal.open()
    written(tmp_path, wall, journal, 20, 1, timedelta(minutes=1))
    history = JournalHistory(tmp_path / "journal.db", UTC)
    history.refresh(wall.utc)
    journal.close()
    for path in tmp_path.glob("journal.db*"):
        path.unlink()
    second = Journal(tmp_path / "journal.db", "kiosk-1", wall, 90, 64)
    second.open()
    written(tmp_path, wall, second, 5, 2, timedelta(minutes=1))
    history.refresh(wall.utc)
    assert sum(history.outcomes("").values()) == 5
    second.close()
