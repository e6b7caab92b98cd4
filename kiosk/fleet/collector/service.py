"""The collector as a service: takes rows, watches the kiosks, and keeps the months of the database.

The main thread stores rows. A second thread watches and does the work of each day, over a connection of its own.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import psycopg

from kiosk.errors import KioskError
from kiosk.fleet.collector.broker_client import Broker
from kiosk.fleet.collector.intake import RETRY_S, Intake
from kiosk.fleet.collector.migrations import migrate
from kiosk.fleet.collector.row_store import RowStore
from kiosk.fleet.collector.watch import SilenceWatch
from kiosk.fleet.wire.seals import KioskKeys

logger = logging.getLogger(__name__)

WATCH_S = 1.0
DAY_S = 86400.0
CONNECT_S = 10
STALL_MS = 60_000
"""Longest time of one statement: a database that hangs is left and tried again."""


def open_connection(address: str) -> psycopg.Connection:
    """Return a connection to the database at `address` (libpq). Raises `psycopg.Error`."""
    return psycopg.connect(
        address,
        autocommit=True,
        connect_timeout=CONNECT_S,
        options=f"-c statement_timeout={STALL_MS} -c timezone=UTC",
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=STALL_MS,
    )


def open_store(address: str, keep_months: int) -> RowStore:
    """Return a store on a new connection, after the schema was brought up to date."""
    connection = open_connection(address)
    try:
        migrate(connection)
        return RowStore(connection, keep_months)
    except BaseException:
        connection.close()
        raise


def collect(broker: Broker, keys: KioskKeys, address: str, keep_months: int, is_ending: threading.Event) -> None:
    """Run a collector until `is_ending` is set.

    Raises `KioskError` if a certificate cannot be used or the database belongs to a newer program.
    """
    opener = partial(open_store, address, keep_months)
    watch = SilenceWatch(partial(open_connection, address), keys)
    intake = Intake(broker, keys, opener, watch)
    watch.announce = intake.announce
    keeper = threading.Thread(target=_keep, args=(watch, opener, is_ending), name="watch")
    intake.start()
    try:
        keeper.start()
        while not is_ending.wait(intake.turn()):
            pass
    finally:
        is_ending.set()
        keeper.join()
        intake.close()


@contextmanager
def ended_by_signals() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM and SIGINT set."""
    is_ending = threading.Event()
    before = {number: signal.signal(number, lambda *_: is_ending.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield is_ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _keep(watch: SilenceWatch, opener: Callable[[], RowStore], is_ending: threading.Event) -> None:
    """Watch each second, and make and drop months each day."""
    next_day_s = 0.0
    while not is_ending.wait(WATCH_S):
        try:
            watch.turn(time.monotonic())
            if watch.is_leader and time.monotonic() >= next_day_s:
                store = opener()
                try:
                    store.make_next_months()
                    if dropped := store.drop_old():
                        logger.info("%d old months are dropped", dropped)
                finally:
                    store.close()
                next_day_s = time.monotonic() + DAY_S
        except (psycopg.Error, KioskError) as error:
            logger.error("the watch pauses: %s", str(error).strip())  # noqa: TRY400 - its message is complete
            is_ending.wait(RETRY_S)
        except BaseException:
            is_ending.set()  # systemd starts the whole collector again
            raise
    watch.close()
