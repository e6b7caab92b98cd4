"""The technician's page beside a large journal: `python -m bench.history --rows 500000 --days 400`.

Measured are the first reading of the journal, which the page does once, the later ones, and the answers of the page,
which come from memory. The journal lies in memory; its rows are spread evenly over the days.
"""

import argparse
import http.client
import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.machine import described, facts
from kiosk.composition.technician_app import KioskKnowledge, open_page
from kiosk.journal.database import create_file, open_database
from kiosk.journal.privacy import utc_text
from kiosk.journal.store import INSERT
from kiosk.settings.schema.technician import TechnicianSettings
from kiosk.technician.server import HOME
from tests.booth import settings

PARTS = ("", "/visits", "/counts", "/settings", "/machine", "/export.csv", "/export.json")
SAMPLES = 20
BOOT = "00000000-0000-0000-0000-000000000000"
ENDS = (
    ("visit", "admitted", ""),
    ("went_through", None, ""),
    ("visit", "referred", "expired"),
    ("visit", "admitted", ""),
)


def rows(count: int, days: float) -> Iterator[tuple[object, ...]]:
    """Yield `count` rows of the last `days` days, in the order of the journal's columns."""
    now = datetime.now(UTC)
    for number in range(count):
        kind, outcome, reason = ENDS[number % len(ENDS)]
        at = utc_text(now - timedelta(days=days) * (1 - number / count))
        yield (
            BOOT, number + 1, 1, "kiosk", "0", at, 1, float(number), kind, "admitting", number + 1, outcome, reason,
            "site_pass", "",
        )  # fmt: skip


def took_s(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds and the processor's seconds that `work` takes."""
    began_s, processor_s = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began_s, time.process_time() - processor_s


def ask(port: int, part: str) -> None:
    """Ask for one part of the page and read the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", HOME + part)
    answer = connection.getresponse()
    assert answer.status == 200, (part, answer.status)
    answer.read()
    connection.close()


def main() -> None:
    """Fill a journal, measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=500_000)
    options.add_argument("--days", type=float, default=400.0)
    options.add_argument("--json", action="store_true", help="print JSON, with every sample")
    chosen = options.parse_args()
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        site = settings()
        journal = Path(folder) / site.journal.path
        create_file(journal)
        connection = open_database(journal)
        connection.execute("BEGIN")
        connection.executemany(INSERT, rows(chosen.rows, chosen.days))
        connection.execute("COMMIT")
        connection.close()
        knowledge = KioskKnowledge(site, journal.parent)
        readings = [took_s(knowledge.refresh) for _ in range(3)]
        server = open_page(TechnicianSettings.model_construct(port=0, lan=None), journal.parent, knowledge)
        server.start()
        try:
            answers_ms = {
                part or "page": [took_s(partial(ask, server.port, part))[0] * 1000 for _ in range(SAMPLES)]
                for part in PARTS
            }
        finally:
            server.stop(5.0)
        machine, size_mb = facts(journal.parent), journal.stat().st_size >> 20
    if chosen.json:
        seconds = [{"wall_s": wall_s, "processor_s": processor_s} for wall_s, processor_s in readings]
        print(json.dumps({"machine": machine, "size_mb": size_mb, "readings": seconds, "answers_ms": answers_ms}))
        return
    print(described(machine))
    print(f"{chosen.rows} rows of {chosen.days:g} days, {size_mb} MB")
    for number, (wall_s, processor_s) in enumerate(readings, start=1):
        print(f"reading {number}: {wall_s:.3f} s, {processor_s:.3f} s of a processor")
    for name, times_ms in answers_ms.items():
        print(f"{name:13} median {statistics.median(times_ms):6.1f} ms, greatest {max(times_ms):6.1f} ms")


if __name__ == "__main__":
    main()
