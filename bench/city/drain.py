"""Backlogs of many kiosks into the database, beside the same rows through plain paho and psycopg; and single rows."""

import operator
import socket
import sqlite3
import statistics
import struct
import threading
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from bench.city.kiosks import KEYS, Loop, SimulatedKiosk, copy_journal, make_template
from bench.city.office import Office, compare
from bench.city.plain import PlainPath
from kiosk.fleet.wire.batches import encode_batch
from kiosk.fleet.wire.topics import ROWS, topic
from kiosk.journal.portions import START, Portion
from kiosk.journal.privacy import utc_text

SLICES = 5
"""Pairs of slices: the same rows through the fleet and through the plain path, in turn."""

KIOSKS = 200
ROWS_EACH = 300
"""Rows of a kiosk in one slice."""

SINGLE_KIOSKS = 10_000
PATIENCE_S = 240.0


def drained(folder: Path, random: Random) -> dict[str, Any]:
    """Drain backlogs by slices. Both paths are connected, and read the same new rows of the same journals.

    The two paths take turns, so that other programs of the machine slow down both of them, and the medians count.
    """
    template = folder / "template.db"
    make_template(template, ROWS_EACH)
    rates: dict[str, list[float]] = {"fleet": [], "plain": []}
    journals = folder / "journals"
    journals.mkdir()
    with Office(folder / "office", has_tls=False) as office, PlainPath(office.broker.port, office.address) as plain:
        loop, port = Loop(), office.broker.port
        kiosks = []
        for number in range(KIOSKS):
            copy_journal(template, journals / f"kiosk-{number}")
            kiosks.append(
                SimulatedKiosk(f"kiosk-{number}", journals / f"kiosk-{number}", loop, lambda: port, random, None)
            )
        drain_kiosks(loop, kiosks, ROWS_EACH)
        plain.drain(journals, 0, KIOSKS * ROWS_EACH)
        for number in range(1, SLICES + 1):
            first = number * ROWS_EACH
            for kiosk in kiosks:
                append_copies(kiosk.path, template, first)
            for path in ("fleet", "plain") if number % 2 else ("plain", "fleet"):
                began_s = time.monotonic()
                if path == "plain":
                    plain.drain(journals, first, KIOSKS * ROWS_EACH)
                else:
                    drain_kiosks(loop, kiosks, first + ROWS_EACH)
                rates[path].append(KIOSKS * ROWS_EACH / (time.monotonic() - began_s))
        found = compare(office, kiosks)
        for kiosk in kiosks:
            kiosk.cut_power(loses_cursor=False)
        single_rows_per_s = one_by_one(office)
        (size,) = office.ask("SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits")[0]
        found |= {"bytes_per_row": round(size / office.count())}
    return found | {
        "rows_per_s": round(statistics.median(rates["fleet"])),
        "single_rows_per_s": round(single_rows_per_s),
        "plain_rows_per_s": round(statistics.median(rates["plain"])),
        "ratio": round(statistics.median(map(operator.truediv, rates["fleet"], rates["plain"])), 2),
    }


def drain_kiosks(loop: Loop, kiosks: list[SimulatedKiosk], last: int) -> None:
    """Wake the kiosks and wait until the row `last` of each is confirmed."""
    for kiosk in kiosks:
        kiosk.write(0)
    assert loop.run(lambda: all(kiosk.outbox.place.id == last for kiosk in kiosks), PATIENCE_S), "not in time"


def append_copies(journal: Path, template: Path, first: int) -> None:
    """Append the rows of `template` to `journal`, with ids and numbers that follow on `first`."""
    connection = sqlite3.connect(journal)
    connection.execute("ATTACH ? AS template", (str(template),))
    names = [name for _, name, *_ in connection.execute("PRAGMA table_info(journal)")]
    moved = ", ".join(f"{name} + {first}" if name in ("id", "seq") else name for name in names)
    with connection:
        connection.execute(f"INSERT INTO journal SELECT {moved} FROM template.journal")
    connection.close()


def one_by_one(office: Office) -> float:
    """Return the rows a second that the office stores when each is a message of its own, as at doors without a backlog.

    The packets are made before, because kiosks that share one process are slower than the office.
    """
    boot, at_utc = str(uuid.UUID(int=2)), utc_text(datetime.now(UTC))
    packets = bytearray()
    for number in range(SINGLE_KIOSKS):
        row = (number, boot, number, 1, "1.0", at_utc, 1, 1.0, "visit", "admitting", number, "admitted", "", "", "")
        name = f"single-{number}"
        message = KEYS.of(name).close(topic(name, ROWS), encode_batch(f"{number:016x}", Portion((row,), START)))
        packets += publish_packet(topic(name, ROWS), message, number + 1)
    with socket.create_connection(("127.0.0.1", office.broker.port)) as sock:
        sock.sendall(CONNECT)
        sock.recv(64)
        began_s = time.monotonic()
        reader = threading.Thread(target=read_all, args=(sock,), daemon=True)
        reader.start()
        sock.sendall(packets)
        stored = "SELECT count(*) FROM journal_row WHERE kiosk LIKE 'single-%'"
        while office.ask(stored)[0][0] < SINGLE_KIOSKS and time.monotonic() - began_s < PATIENCE_S:
            time.sleep(0.05)
        rate = SINGLE_KIOSKS / (time.monotonic() - began_s)
        sock.shutdown(socket.SHUT_RDWR)
        reader.join()
    return rate


CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00"
"""CONNECT of MQTT 3.1.1 with a clean session, without a name and a keep-alive."""


def publish_packet(topic_name: str, message: bytes, number: int) -> bytes:
    """Return a PUBLISH packet with QoS 1 (MQTT 3.1.1, section 3.3)."""
    encoded = topic_name.encode()
    body = struct.pack(">H", len(encoded)) + encoded + struct.pack(">H", number) + message
    assert 128 <= len(body) < 16384, "its length has two bytes"
    return b"\x32" + bytes((len(body) % 128 | 128, len(body) // 128)) + body


def read_all(sock: socket.socket) -> None:
    """Take the acknowledgements until the connection ends."""
    while sock.recv(65536):
        pass
