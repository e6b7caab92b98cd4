"""The cost of the fleet for a controller: resident memory, and how late a thread wakes while a broker misbehaves.

python -m bench.city.door PORT FOLDER    prints one object; PORT: a broker that a collector listens to
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import kiosk.composition.service  # noqa: F401 - the controller without a fleet

TICK_S = 0.002
SECONDS = 3.0


def resident_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError("the kernel does not tell the resident memory")


@contextmanager
def wrong_broker(how: str) -> Iterator[int]:
    """Run a broker that misbehaves, as a process of its own; yield its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.city.wrong", how], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert process.stdout
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextmanager
def sender_to(port: int, journal: Path) -> Iterator[object]:
    """Run a kiosk's sender; yield its outbox."""
    from bench.city.kiosks import KEYS
    from kiosk.fleet.outbox import mqtt_client
    from kiosk.fleet.outbox.cursor import CursorFile
    from kiosk.fleet.outbox.driver import FleetDriver
    from kiosk.fleet.outbox.fleet_link import FleetLink
    from kiosk.fleet.outbox.row_outbox import RowOutbox
    from kiosk.fleet.outbox.sender import FleetSender
    from kiosk.journal.following import JournalFollower
    from kiosk.journal.portions import START

    outbox = RowOutbox(JournalFollower(journal).after, START, Random(1))
    link = FleetLink(
        "door",
        outbox,
        lambda: KEYS.of("door"),
        lambda: mqtt_client.new_client("door", None),
        lambda client: mqtt_client.connect(client, "127.0.0.1", port),
    )
    cursor = CursorFile(journal.with_name("cursor"))
    sender = FleetSender(FleetDriver(link, cursor, lambda _now_s: None, Random(1)))
    sender.start()
    try:
        yield outbox
    finally:
        sender.stop(10.0)


def lateness_ms() -> float:
    """Return the 99th percentile of how late a thread wakes that wants to run every TICK_S."""
    late = []
    next_s = time.monotonic() + TICK_S
    ends_at_s = next_s + SECONDS
    while next_s < ends_at_s:
        time.sleep(max(next_s - time.monotonic(), 0.0))
        late.append((time.monotonic() - next_s) * 1000)
        next_s = max(next_s + TICK_S, time.monotonic())
    return round(statistics.quantiles(late, n=100)[98], 2)


def main(port: int, folder: Path) -> None:
    before_mb = resident_mb()
    found = {"late_without_ms": lateness_ms()}
    with sender_to(port, folder / "journal.db") as outbox:
        ends_at_s = time.monotonic() + 60
        while outbox.place.id < 5000 and time.monotonic() < ends_at_s:  # type: ignore[attr-defined]
            time.sleep(0.1)
        found["sent"] = outbox.place.id  # type: ignore[attr-defined]
        found["memory_mb"] = round(resident_mb() - before_mb, 1)
    for how in ("hanging", "lying", "flooding"):
        with wrong_broker(how) as wrong_port, sender_to(wrong_port, folder / "journal.db"):
            found[f"late_{how}_ms"] = lateness_ms()
    found["memory_after_mb"] = round(resident_mb() - before_mb, 1)
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
