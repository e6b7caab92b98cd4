"""The time until one row of the journal is durable. The door waits for it."""

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
    """Measure one `append` to the journal, and a write of one page to the disk with fdatasync for comparison."""
    journal = Journal(
        folder / "journal.db", "bench", lambda: WallTime(datetime.now(UTC), sure=True), keep_days=90, max_mb=256
    )
    try:
        journal.open()
        appends_ms = [
            _timed_ms(
                partial(
                    journal.append,
                    Record(RowKind.VISIT, float(visit), Phase.ADMITTING, visit, Outcome.ADMITTED, scheme="site_pass"),
                )
            )
            for visit in range(ROWS)
        ]
    finally:
        journal.close()
    with (folder / "page").open("wb", buffering=0) as file:

        def sync() -> None:
            file.write(PAGE)
            os.fdatasync(file.fileno())

        syncs_ms = [_timed_ms(sync) for _ in range(ROWS)]
    return [
        Row("one row of the journal, durable", appends_ms, "ms", tail=0.95),
        Row("– the disk alone: 4 KB and fdatasync", syncs_ms, "ms", tail=0.95),
    ]


def _timed_ms(act: Callable[[], object]) -> float:
    began_ns = time.perf_counter_ns()
    act()
    return (time.perf_counter_ns() - began_ns) / 1e6
