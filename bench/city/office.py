"""The office of the bench: broker, database and collectors as processes, and what the database has in the end.

python -m bench.city.office PORT ADDRESS NAME [FOLDER]   a collector; with FOLDER over TLS
"""

import sqlite3
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from bench.city.engines import ROOT, Mosquitto, Postgres
from bench.city.kiosks import KEYS, SimulatedKiosk
from kiosk.fleet.collector.broker_client import Broker
from kiosk.fleet.collector.service import collect, ended_by_signals, open_store
from kiosk.fleet.enrolment.authority import Authority

KEEP_MONTHS = 24
SHIPPED = Path(__file__).parents[2] / "fleet"


class Office:
    """Broker, database and one collector in `folder`; `authority` is its own with TLS, else None."""

    def __init__(self, folder: Path, *, has_tls: bool) -> None:
        folder.chmod(0o755)
        self.folder = folder
        self.authority: Authority | None = None
        self.collectors: list[subprocess.Popen[bytes]] = []
        lines = ""
        if has_tls:
            self.authority = Authority.make(folder)
            self.authority.make_server(["localhost", "127.0.0.1"], folder)
            self.authority.make_client("collector_1", folder)
            (folder / "acl").write_text((SHIPPED / "mosquitto.acl").read_text())
            lines = (SHIPPED / "mosquitto.conf").read_text()
            lines = lines.replace("/etc/kiosk-fleet", str(folder)).replace("listener 8883\n", "")
        self.broker = Mosquitto(folder / "broker", lines)
        if has_tls:
            self.broker.give(folder / "server.key")
        self.database = Postgres(folder / "postgres", is_durable=True)

    def __enter__(self) -> Self:
        self.database.start()
        self.broker.start()
        self.address = self.database.create("fleet")
        open_store(self.address, KEEP_MONTHS).close()
        self.start_collector()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_collector()
        for engine in (self.broker, self.database):
            engine.resume()
            engine.stop(engine.end)

    def start_collector(self, name: str = "collector_1") -> None:
        more = [str(self.folder)] if self.authority else []
        log = (self.folder / "collector.log").open("ab")
        command = [sys.executable, "-m", "bench.city.office", str(self.broker.port), self.address, name, *more]
        self.collectors.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT))
        log.close()

    def stop_collector(self) -> None:
        for collector in self.collectors:
            collector.kill()
            collector.wait()
        self.collectors.clear()

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.address) as connection:
            return connection.execute(question.encode()).fetchall()

    def count(self) -> int:
        return int(self.ask("SELECT count(*) FROM journal_row")[0][0])


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


def main(arguments: list[str]) -> None:
    port, address, name, *more = arguments
    folder = Path(more[0]) if more else None
    broker = (
        Broker("localhost", int(port), name, folder / "ca.pem", folder / f"{name}.pem", folder / f"{name}.key")
        if folder
        else Broker("127.0.0.1", int(port), name)
    )
    with ended_by_signals() as is_ending:
        collect(broker, KEYS, address, KEEP_MONTHS, is_ending)


if __name__ == "__main__":
    main(sys.argv[1:])
