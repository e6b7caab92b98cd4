#!/usr/bin/env python3
"""A city's fleet: kiosks with real journals, outboxes and links, a real broker, collector and database, and outages.

bench/fleet.py --kiosks N --outages K --seed S [--tls] --json      or python -m bench.fleet
bench/fleet.py --week [--kiosks 55] [--outages 60] [--seed S] --json

It has four parts, each on a database of its own. *connected*: N kiosks in one event loop, each with state, last will
and rows to send. *drained*: backlogs of some kiosks into the database, and the same rows through plain paho and
psycopg. *outages*: kiosks that write rows, while network, broker, collector and database fail, kiosks lose power and
cursor, messages come twice and late, and disks are full; the kiosks' clocks run SPEED times faster there. *door*: what
the fleet costs one controller, and how soon a kiosk that dies is an alert. With --week, one part takes their place: a
city writes the rows of a week, as its visitors come, through K outages.

It prints one object, and exits with 1 if a row was lost or doubled, came out of its order, or did not come in time. It
exits with 2 if an argument is wrong or a program is not installed.
"""

import argparse
import json
import logging
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

if __package__ in (None, ""):
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from bench.city.drain import drained
from bench.city.engines import ROOT, missing
from bench.city.kiosks import Loop, SimulatedKiosk, copy_journal, make_template
from bench.city.office import Office, compare
from bench.city.outages import PATIENCE_S, through_outages
from bench.city.proxy import Proxy
from bench.city.week import week
from kiosk.fleet.outbox.mqtt_client import tls_context

ROWS_EACH = 3
OUTAGE_KIOSKS = 40
WEEK_KIOSKS, WEEK_OUTAGES = 55, 60
IN_MEMORY = Path("/dev/shm")


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


def at_the_door(folder: Path, random: Random) -> dict[str, Any]:
    """The cost for one controller, and the time from a kiosk's death to the alert."""
    make_template(folder / "journal.db", 5000)
    (folder / "silent").mkdir()
    with Office(folder / "office", has_tls=False) as office, Proxy(office.broker.port) as proxy:
        command = [sys.executable, "-m", "bench.city.door", str(office.broker.port), str(folder)]
        found: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT).stdout)
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


def number(least: int) -> Callable[[str], int]:
    """Return a reader of a whole number that is at least `least`."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from {least} on")
        return int(text)

    return read


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/fleet.py", description="A city's fleet, with outages.")
    parser.add_argument("--kiosks", type=number(1), help="number of kiosks (default: 100; of a week: 55)")
    parser.add_argument("--outages", type=number(0), help="number of outages (default: 20; of a week: 60)")
    parser.add_argument("--seed", type=int, default=1, help="seed of what happens (default: 1)")
    parser.add_argument("--tls", action="store_true", help="connect the kiosks with TLS and a certificate each")
    parser.add_argument("--week", action="store_true", help="a week of a city in place of the four parts")
    parser.add_argument("--only", choices=("connected", "drained", "outages", "door"), help="run one part")
    parser.add_argument("--json", action="store_true", help="print one object on one line")
    options = parser.parse_args()
    options.kiosks = options.kiosks or (WEEK_KIOSKS if options.week else 100)
    if options.outages is None:
        options.outages = WEEK_OUTAGES if options.week else 20
    return options


def parts_of(options: argparse.Namespace) -> dict[str, Callable[[Path], dict[str, Any]]]:
    """Return the parts that are asked for, each as a function of an empty folder."""
    if options.week:
        return {"week": lambda folder: week(folder, options.outages, options.kiosks, Random(options.seed))}
    parts: dict[str, Callable[[Path], dict[str, Any]]] = {
        "connected": lambda folder: connected(folder, options.kiosks, Random(options.seed), has_tls=options.tls),
        "drained": lambda folder: drained(folder, Random(options.seed)),
        "outages": lambda folder: through_outages(
            folder, options.outages, min(options.kiosks, OUTAGE_KIOSKS), Random(options.seed)
        ),
        "door": lambda folder: at_the_door(folder, Random(options.seed)),
    }
    return {name: part for name, part in parts.items() if options.only in (None, name)}


def main() -> int:
    options = read_options()
    if absent := missing():
        print(f"bench/fleet.py: {absent} not installed (sudo apt-get install mosquitto postgresql)", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that broker, database and collectors end too
    logging.getLogger("kiosk").setLevel(logging.CRITICAL)  # each outage would be told once for each kiosk
    found: dict[str, Any] = {"kiosks": options.kiosks, "seed": options.seed, "tls": options.tls}
    totals = {"rows": 0, "lost": 0, "doubled": 0, "disordered": 0}
    for part in parts_of(options).values():
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
    is_complete = found.get("complete", True) and found.get("caught_up", True) and not found.get("miscounted", 0)
    return 0 if is_complete and not (totals["lost"] or totals["doubled"] or totals["disordered"]) else 1


if __name__ == "__main__":
    sys.exit(main())
