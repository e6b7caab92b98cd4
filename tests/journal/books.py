"""Helpers for the tests of the journal: a settable wall clock, records, and queries of the file."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.flow.state import Outcome
from kiosk.journal.records import Record, RowKind
from kiosk.journal.store import Journal
from kiosk.model import Phase, WallTime

NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)
BOOT = "11111111-2222-3333-4444-555555555555"


@dataclass
class Wall:
    """A wall clock that returns the time that a test sets."""

    utc: datetime = NOON
    sure: bool = True

    def __call__(self) -> WallTime:
        return WallTime(self.utc, self.sure)

    def advance(self, days: float) -> None:
        self.utc += timedelta(days=days)


def journal(path: Path, wall: Wall | None = None, *, keep_days: int = 90, max_mb: int = 8, boot: str = BOOT) -> Journal:
    return Journal(path, "north", wall or Wall(), keep_days, max_mb, boot)


def admitted(visit: int, at_s: float | None = None) -> Record:
    when_s = float(visit) if at_s is None else at_s
    return Record(RowKind.VISIT, when_s, Phase.ADMITTING, visit, Outcome.ADMITTED, "", "site_pass", "site_pass")


def referred(visit: int) -> Record:
    return Record(
        RowKind.VISIT, float(visit), Phase.REFERRING, visit, Outcome.REFERRED, "fever", "", "temperature.high_c"
    )


def look(path: Path, question: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()
