"""A kiosk's sender and a collector of the tests, between a real broker and a real database."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from kiosk.fleet.collector.broker_client import Broker
from kiosk.fleet.collector.intake import Intake
from kiosk.fleet.collector.migrations import migrate
from kiosk.fleet.collector.row_store import RowStore
from kiosk.fleet.outbox import mqtt_client
from kiosk.fleet.outbox.cursor import CursorFile
from kiosk.fleet.outbox.driver import FleetDriver
from kiosk.fleet.outbox.fleet_link import FleetLink
from kiosk.fleet.outbox.row_outbox import RowOutbox
from kiosk.fleet.outbox.sender import FleetSender
from kiosk.fleet.wire.seals import KioskKeys, SealKey
from kiosk.journal.following import JournalFollower

PATIENCE_S = 30.0
KEYS = KioskKeys(SealKey(bytes(32)))


def open_store(address: str, keep_months: int = 12) -> RowStore:
    """Return a store on a new connection, with the newest schema."""
    connection = psycopg.connect(address, autocommit=True, connect_timeout=5)
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    migrate(connection)
    return RowStore(connection, keep_months)


@contextmanager
def collecting(port: int, address: str, name: str = "collector_1") -> Iterator[Intake]:
    """Yield a collector; the test calls `turn`."""
    intake = Intake(Broker("127.0.0.1", port, name), KEYS, lambda: open_store(address))
    intake.start()
    try:
        yield intake
    finally:
        intake.close()


@contextmanager
def sending(journal: Path, port: int, name: str = "north") -> Iterator[tuple[FleetSender, RowOutbox]]:
    """Yield the running sender of a kiosk with the journal at `journal`."""
    cursor = CursorFile(journal.with_name("fleet-cursor"))
    outbox = RowOutbox(JournalFollower(journal).after, cursor.load(), Random(1))
    link = FleetLink(
        name,
        outbox,
        lambda: KEYS.of(name),
        lambda: mqtt_client.new_client(name, None),
        lambda client: mqtt_client.connect(client, "127.0.0.1", port),
    )
    sender = FleetSender(FleetDriver(link, cursor, lambda _now_s: None, Random(1)))
    sender.start()
    try:
        yield sender, outbox
    finally:
        assert sender.stop(PATIENCE_S)


def until(is_reached: Callable[[], bool], turn: Callable[[], object]) -> None:
    """Call `turn` until `is_reached`; fail after PATIENCE_S."""
    ends_at_s = time.monotonic() + PATIENCE_S
    while not is_reached():
        assert time.monotonic() < ends_at_s, "it is not reached in time"
        turn()


def ask(address: str, question: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with psycopg.connect(address) as connection:
        return connection.execute(question.encode()).fetchall()
