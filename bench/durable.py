"""How long one row of the journal takes until it is on the disk, which the door waits for."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench.figures import Row
from kiosk.flow.state import Outcome
from kiosk.journal.records import Record, RowKind
from kiosk.journal.store import Journal
from kiosk.model import Phase, WallTime

ROWS = 300
PAGE = bytes(4096)


def rows(folder: Path) -> list[Row]:
    """The time of one `append` with `synchronous=FULL`, and of what the disk itself takes for a page."""
    return [
        Row("one row of the journal, durable", _appends_ms(folder / "journal.db"), "ms", tail=0.95),
        Row("– the disk alone: 4 KB and fdatasync", _syncs_ms(folder / "page"), "ms", tail=0.95),
    ]


def _appends_ms(path: Path) -> list[float]:
    journal = Journal(path, "bench", lambda: WallTime(datetime.now(UTC), sure=True), keep_days=90, max_mb=256)
    try:
        journal.open()
        return [_timed_ms(partial(journal.append, _record(visit))) for visit in range(ROWS)]
    finally:
        journal.close()


def _record(visit: int) -> Record:
    return Record(RowKind.VISIT, float(visit), Phase.ADMITTING, visit, Outcome.ADMITTED, scheme="site_pass")


def _syncs_ms(path: Path) -> list[float]:
    with path.open("wb", buffering=0) as file:

        def sync() -> None:
            file.write(PAGE)
            os.fdatasync(file.fileno())

        return [_timed_ms(sync) for _ in range(ROWS)]


def _timed_ms(act: Callable[[], object]) -> float:
    began_ns = time.perf_counter_ns()
    act()
    return (time.perf_counter_ns() - began_ns) / 1e6
