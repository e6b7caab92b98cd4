"""A city's fleet: kiosks with real journals, outboxes and links, a real broker, collector and database, and outages.

python -m bench.fleet --kiosks N --outages K --seed S [--tls] --json

It has four parts, each on a database of its own. *connected*: N kiosks in one event loop, each with state, last will
and rows to send. *drained*: backlogs of some kiosks into the database, and as many rows through plain paho and psycopg.
*outages*: kiosks that write rows, while network, broker, collector and database fail, kiosks lose power and cursor,
messages come twice and late, and disks are full; the kiosks' clocks run SPEED times faster there. *door*: what the
fleet costs one controller, and how soon a kiosk that dies is an alert.

It prints one object, and exits with 1 if a row was lost or doubled, came out of its order, or did not come in time.
"""

import argparse
import json
import logging
import signal
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import paho.mqtt.client as paho
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from bench.fleet_kiosks import Loop, SimulatedKiosk, copy_journal, make_template
from bench.fleet_office import Office
from bench.fleet_proxy import Proxy
from kiosk.fleet.outbox.mqtt_client import tls_context
from kiosk.fleet.wire.batches import encode_batch
from kiosk.journal.portions import START, Portion
from kiosk.journal.privacy import utc_text

SPEED = 20.0
ROWS_EACH = 3
DRAIN_KIOSKS = 100
DRAIN_ROWS = 100_000
SINGLE_ROWS = 10_000
OUTAGE_KIOSKS = 40
PATIENCE_S = 240.0
IN_MEMORY = Path("/dev/shm")

End = Callable[[], object]
"""Ends an outage."""


def connected(folder: Path, kiosks: int, random: Random, *, has_tls: bool) -> dict[str, Any]:
    """Connect all kiosks at once and let each send its rows."""
    template = folder / "template.db"
    make_template(template, ROWS_EACH)
    with Office(folder / "office", has_tls=has_tls) as office:
        contexts: list[ssl.SSLContext | None] = [None] * kiosks
        if office.authority:
            pairs = [office.authority.make_client(f"kiosk-{number}", folder / "clients") for number in range(kiosks)]
            contexts = [tls_context(office.folder / "ca.pem", pair.certificate, pair.key) for pair in pairs]
        loop, all_kiosks, port = Loop(), [], office.broker.port
        began_s = time.monotonic()
        for number in range(kiosks):
            copy_journal(template, folder / f"kiosk-{number}")
            all_kiosks.append(
                SimulatedKiosk(
                    f"kiosk-{number}", folder / f"kiosk-{number}", loop, lambda: port, random, contexts[number]
                )
            )
        made_s = time.monotonic()
        everybody = loop.run(lambda: all(kiosk.link.is_connected for kiosk in all_kiosks), PATIENCE_S)
        connected_s = time.monotonic()
        rows = loop.run(lambda: all(kiosk.outbox.place.id == ROWS_EACH for kiosk in all_kiosks), PATIENCE_S)
        sent_s = time.monotonic()
        found = {
            "connected": sum(kiosk.link.is_connected for kiosk in all_kiosks),
            "connect_s": round(connected_s - made_s, 1),
            "make_s": round(made_s - began_s, 1),
            "first_rows_s": round(sent_s - made_s, 1),
            "broker_cpu_s": round(office.broker.cpu_s(), 1),
        }
        found["complete"] = everybody and rows
        found |= compare(office, all_kiosks)
        for kiosk in all_kiosks:
            kiosk.cut_power(loses_cursor=False)
    return found


def drained(folder: Path, random: Random) -> dict[str, Any]:
    """Drain backlogs; then the same number of rows through the plain path."""
    template = folder / "template.db"
    make_template(template, DRAIN_ROWS // DRAIN_KIOSKS)
    with Office(folder / "office", has_tls=False) as office:
        loop, kiosks = Loop(), []
        port = office.broker.port
        for number in range(DRAIN_KIOSKS):
            copy_journal(template, folder / f"kiosk-{number}")
            kiosks.append(
                SimulatedKiosk(f"kiosk-{number}", folder / f"kiosk-{number}", loop, lambda: port, random, None)
            )
        began_s = time.monotonic()
        done = loop.run(
            lambda: all(kiosk.outbox.place.id == DRAIN_ROWS // DRAIN_KIOSKS for kiosk in kiosks), PATIENCE_S
        )
        rows_per_s = DRAIN_ROWS / (time.monotonic() - began_s) if done else 0.0
        found = compare(office, kiosks)
        single_rows_per_s = one_by_one(office)
        (size,) = office.ask("SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits")[0]
        found |= {"bytes_per_row": round(size / office.count())}
        for kiosk in kiosks:
            kiosk.cut_power(loses_cursor=False)
        office.stop_collector()
        plain = plain_rows_per_s(office)
    return found | {
        "rows_per_s": round(rows_per_s),
        "single_rows_per_s": round(single_rows_per_s),
        "plain_rows_per_s": round(plain),
        "ratio": round(rows_per_s / plain, 2),
    }


def one_by_one(office: Office) -> float:
    """Return the rows a second that the office stores when each is a message of its own, as at doors without a backlog.

    The messages are made before, because kiosks that share one process are slower than the office.
    """
    boot, at_utc = str(uuid.UUID(int=2)), utc_text(datetime.now(UTC))
    messages = []
    for number in range(SINGLE_ROWS):
        row = (number, boot, number, 1, "1.0", at_utc, 1, 1.0, "visit", "admitting", number, "admitted", "", "", "")
        messages.append((f"kiosk/single-{number % 1000}/rows", encode_batch(f"{number:016x}", Portion((row,), START))))
    publisher = paho.Client(CallbackAPIVersion.VERSION2, "publisher", protocol=paho.MQTTv5)
    publisher.max_inflight_messages_set(1000)
    publisher.connect("127.0.0.1", office.broker.port)
    publisher.loop_start()
    began_s = time.monotonic()
    for topic, message in messages:
        publisher.publish(topic, message, qos=1)
    stored = "SELECT count(*) FROM journal_row WHERE kiosk LIKE 'single-%'"
    while office.ask(stored)[0][0] < SINGLE_ROWS and time.monotonic() - began_s < PATIENCE_S:
        time.sleep(0.1)
    rate = SINGLE_ROWS / (time.monotonic() - began_s)
    publisher.disconnect()
    publisher.loop_stop()
    return rate


def plain_rows_per_s(office: Office) -> float:
    def run(*arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "bench.fleet_plain", *arguments], stdout=subprocess.PIPE)

    store = run("store", str(office.broker.port), office.address, str(DRAIN_ROWS))
    assert store.stdout
    store.stdout.readline()
    began_s = time.monotonic()
    publish = run("publish", str(office.broker.port), str(DRAIN_ROWS))
    assert store.stdout.readline() == b"done\n"
    rate = DRAIN_ROWS / (time.monotonic() - began_s)
    for process in (store, publish):
        process.wait(60)
        if process.stdout:
            process.stdout.close()
    return rate


def at_the_door(folder: Path, random: Random) -> dict[str, Any]:
    """The cost for one controller, and the time from a kiosk's death to the alert."""
    make_template(folder / "journal.db", 5000)
    (folder / "silent").mkdir()
    with Office(folder / "office", has_tls=False) as office, Proxy(office.broker.port) as proxy:
        command = [sys.executable, "-m", "bench.fleet_door", str(office.broker.port), str(folder)]
        found: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        loop = Loop()
        kiosk = SimulatedKiosk("silent", folder / "silent", loop, lambda: proxy.port, random, None)
        kiosk.write(1)
        online = "SELECT count(*) FROM kiosk WHERE name = 'silent' AND online"
        heard = loop.run(lambda: office.ask(online)[0][0] == 1, PATIENCE_S)
        proxy.hang()
        began_s = time.monotonic()
        alert = "SELECT count(*) FROM alert WHERE kiosk = 'silent'"
        while office.ask(alert)[0][0] == 0 and time.monotonic() - began_s < PATIENCE_S:
            time.sleep(0.2)
        found |= {"alert_s": round(time.monotonic() - began_s, 1), "complete": heard, "rows": 0, "lost": 0}
        kiosk.cut_power(loses_cursor=False)
    return found | {"doubled": 0, "disordered": 0}


class Trouble:
    """The outages: each is begun by a method that returns how it ends."""

    def __init__(self, office: Office, proxy: Proxy, kiosks: list[SimulatedKiosk], random: Random) -> None:
        self.office, self.proxy, self.kiosks, self.random = office, proxy, kiosks, random
        self.seen: list[tuple[str, bytes]] = []
        self.kinds: tuple[Callable[[], End], ...] = (
            self.cut_network, self.hang_network, self.stop_broker, self.kill_broker, self.hang_broker,
            self.kill_collector, self.hang_collector, self.two_collectors, self.stop_database, self.kill_database,
            self.hang_database, self.full_database, self.power_cuts, self.power_cuts_and_lost_cursors,
            self.full_cards, self.twice_and_late,
        )  # fmt: skip
        self._spy: paho.Client | None = None

    def cut_network(self) -> End:
        self.proxy.cut()
        return self.proxy.heal

    def hang_network(self) -> End:
        self.proxy.hang()
        return self.proxy.heal

    def stop_broker(self) -> End:
        self.office.broker.stop(signal.SIGTERM)
        return self.office.broker.start

    def kill_broker(self) -> End:
        self.office.broker.stop(signal.SIGKILL)
        return self.office.broker.start

    def hang_broker(self) -> End:
        self.office.broker.pause()
        return self.office.broker.resume

    def kill_collector(self) -> End:
        self.office.stop_collector()
        return self.office.start_collector

    def hang_collector(self) -> End:
        collectors = list(self.office.collectors)
        for collector in collectors:
            collector.send_signal(signal.SIGSTOP)

        def end() -> None:
            for collector in collectors:
                collector.send_signal(signal.SIGCONT)

        return end

    def two_collectors(self) -> End:
        self.office.start_collector("collector_2")

        def end() -> None:
            second = self.office.collectors.pop()
            second.kill()
            second.wait()

        return end

    def stop_database(self) -> End:
        self.office.database.stop(signal.SIGINT)
        return self.office.database.start

    def kill_database(self) -> End:
        """An immediate shutdown: the next start recovers from the log, as after a power cut."""
        self.office.database.stop(signal.SIGQUIT)
        return self.office.database.start

    def hang_database(self) -> End:
        self.office.database.pause()
        return self.office.database.resume

    def full_database(self) -> End:
        """The database takes no rows, as on a full disk."""

        def refuse(word: str) -> None:
            with psycopg.connect(self.office.database.address("postgres"), autocommit=True) as connection:
                connection.execute(f"ALTER DATABASE fleet SET default_transaction_read_only = {word}".encode())
                connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'fleet'")

        refuse("on")
        return lambda: refuse("off")

    def power_cuts(self, *, loses_cursor: bool = False) -> End:
        chosen = self.random.sample(self.kiosks, len(self.kiosks) // 3)
        for kiosk in chosen:
            kiosk.cut_power(loses_cursor=loses_cursor)

        def end() -> None:
            for kiosk in chosen:
                kiosk.switch_on()

        return end

    def power_cuts_and_lost_cursors(self) -> End:
        return self.power_cuts(loses_cursor=True)

    def full_cards(self) -> End:
        """No cursor can be written: a folder has its name."""
        chosen = self.random.sample(self.kiosks, len(self.kiosks) // 3)
        for kiosk in chosen:
            (kiosk.folder / "cursor").unlink(missing_ok=True)
            (kiosk.folder / "cursor").mkdir()

        def end() -> None:
            for kiosk in chosen:
                (kiosk.folder / "cursor").rmdir()

        return end

    def twice_and_late(self) -> End:
        """Messages that were seen before come again, in any order."""
        spy = paho.Client(CallbackAPIVersion.VERSION2, "spy", protocol=paho.MQTTv5)
        spy.on_message = lambda _c, _d, message: self.seen.append((message.topic, bytes(message.payload)))
        spy.connect("127.0.0.1", self.office.broker.port)
        spy.subscribe("kiosk/+/rows")
        spy.loop_start()

        def end() -> None:
            again = self.random.sample(self.seen, min(len(self.seen), 200))
            for topic, message in again:
                spy.publish(topic, message, qos=0)
            spy.disconnect()
            spy.loop_stop()
            del self.seen[:-2000]

        return end


def through_outages(folder: Path, count: int, kiosks: int, random: Random) -> dict[str, Any]:
    with Office(folder / "office", has_tls=False) as office, Proxy(office.broker.port) as proxy:
        loop, all_kiosks = Loop(SPEED), []
        for number in range(kiosks):
            (folder / f"kiosk-{number}").mkdir()
            all_kiosks.append(
                SimulatedKiosk(f"kiosk-{number}", folder / f"kiosk-{number}", loop, lambda: proxy.port, random, None)
            )
            all_kiosks[-1].write(1)
        trouble = Trouble(office, proxy, all_kiosks, random)
        order = [kind for _ in range(count // len(trouble.kinds) + 1) for kind in trouble.kinds][:count]
        random.shuffle(order)
        began_s = time.monotonic()
        for begin in order:
            live(loop, all_kiosks, random, random.uniform(0.0, 0.3))
            end = begin()
            live(loop, all_kiosks, random, random.uniform(0.1, 0.9))
            end()
        outages_s = time.monotonic() - began_s
        for kiosk in all_kiosks:
            kiosk.close_book()
        last = {kiosk.name: newest(kiosk.path) for kiosk in all_kiosks}
        caught_up = loop.run(lambda: all(each.outbox.place.id == last[each.name] for each in all_kiosks), PATIENCE_S)
        found = compare(office, all_kiosks)
        for kiosk in all_kiosks:
            kiosk.cut_power(loses_cursor=False)
    return found | {"outages": len(order), "outages_s": round(outages_s, 1), "caught_up": caught_up}


def live(loop: Loop, kiosks: list[SimulatedKiosk], random: Random, seconds: float) -> None:
    """Let visitors come for some real seconds; kiosks without power write nothing."""
    ends_at_s = time.monotonic() + seconds
    while time.monotonic() < ends_at_s:
        kiosk = random.choice(kiosks)
        if kiosk.is_on:
            kiosk.write(random.choice((1, 1, 2, 30)))
        loop.turn()


def newest(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT coalesce(max(id), 0) FROM journal").fetchone()[0])
    finally:
        connection.close()


def compare(office: Office, kiosks: list[SimulatedKiosk]) -> dict[str, int]:
    """Compare the journals with the database: rows that are missing, there twice, or out of order within a kiosk."""
    stored: dict[str, list[tuple[str, int]]] = {}
    for name, boot, seq in office.ask("SELECT kiosk, boot::text, seq FROM journal_row ORDER BY arrival"):
        stored.setdefault(name, []).append((boot, seq))
    lost = doubled = disordered = written = 0
    for kiosk in kiosks:
        connection = sqlite3.connect(kiosk.path)
        rows = connection.execute("SELECT boot, seq FROM journal ORDER BY id").fetchall()
        connection.close()
        places = {row: place for place, row in enumerate(rows)}
        found = stored.get(kiosk.name, [])
        written += len(rows)
        lost += len(places.keys() - set(found))
        doubled += len(found) - len(set(found))
        order = [places[row] for row in found if row in places]
        disordered += sum(one > other for one, other in pairwise(order))
    counted = office.ask("SELECT coalesce(sum(rows), 0) FROM hourly")[0][0]
    doubled += max(0, int(counted) - sum(map(len, stored.values())))
    return {"rows": written, "lost": lost, "doubled": doubled, "disordered": disordered}


def main() -> int:
    parser = argparse.ArgumentParser(description="A city's fleet, with outages.")
    parser.add_argument("--kiosks", type=int, default=100)
    parser.add_argument("--outages", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tls", action="store_true", help="connect the kiosks with TLS and a certificate each")
    parser.add_argument("--only", choices=("connected", "drained", "outages", "door"), help="run one part")
    parser.add_argument("--json", action="store_true", help="print one object on one line")
    options = parser.parse_args()
    logging.getLogger("kiosk").setLevel(logging.CRITICAL)  # each outage would be told once for each kiosk
    parts: dict[str, Callable[[Path], dict[str, Any]]] = {
        "connected": lambda folder: connected(folder, options.kiosks, Random(options.seed), has_tls=options.tls),
        "drained": lambda folder: drained(folder, Random(options.seed)),
        "outages": lambda folder: through_outages(
            folder, options.outages, min(options.kiosks, OUTAGE_KIOSKS), Random(options.seed)
        ),
    }
    parts["door"] = lambda folder: at_the_door(folder, Random(options.seed))
    found: dict[str, Any] = {"kiosks": options.kiosks, "seed": options.seed, "tls": options.tls}
    totals = {"rows": 0, "lost": 0, "doubled": 0, "disordered": 0}
    for name, part in parts.items():
        if options.only in (None, name):
            with tempfile.TemporaryDirectory(
                prefix="fleet-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None, ignore_cleanup_errors=True
            ) as folder:
                Path(folder).chmod(0o755)
                (Path(folder) / "office").mkdir()
                result = part(Path(folder))
            totals = {key: totals[key] + result.pop(key) for key in totals}
            found |= result
    found |= totals
    print(json.dumps(found) if options.json else json.dumps(found, indent=2))
    is_complete = found.get("complete", True) and found.get("caught_up", True)
    return 0 if is_complete and not (totals["lost"] or totals["doubled"] or totals["disordered"]) else 1


if __name__ == "__main__":
    sys.exit(main())
