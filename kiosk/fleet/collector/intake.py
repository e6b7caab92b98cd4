"""From the broker into the database: takes batches, stores them, then acknowledges and confirms them.

Rule 1: a message is acknowledged to the broker, and confirmed to its kiosk, only after the commit. If a message is lost
before, its kiosk sends it again.
Rule 2: while the database is away, nothing is acknowledged, and the broker holds back further messages. mosquitto 2.0
does so only until the first acknowledgement, so at most WAITING_BYTES wait here. A message beyond them is acknowledged
without being stored: its kiosk gets no answer and sends it again. Left unacknowledged, it would use up a place of the
connection for ever.

The broker's thread reads the messages while the main thread waits for the database. So a commit is small: the kiosks of
one commit prepare their next batches while the next commit is under way.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import paho.mqtt.client as paho
import psycopg

from kiosk.errors import KioskError
from kiosk.fleet.collector.broker_client import Broker, BrokerThread, collector_client
from kiosk.fleet.collector.incoming import Received, RowMessageReader
from kiosk.fleet.collector.refusals import Refusals
from kiosk.fleet.collector.row_limit import TOO_MANY, RowLimit
from kiosk.fleet.collector.row_store import RowStore
from kiosk.fleet.collector.watch import SilenceWatch
from kiosk.fleet.wire.batches import Answer
from kiosk.fleet.wire.kiosk_state import discovery
from kiosk.fleet.wire.seals import KioskKeys
from kiosk.fleet.wire.topics import EVERY_ONLINE, EVERY_STATE, ROWS, SHARED_ROWS, discovery_topic

logger = logging.getLogger(__name__)

MESSAGES_PER_COMMIT, BYTES_PER_COMMIT = 1000, 2**20
"""Limits of one commit: many short messages, or about 70 of 100 rows."""

GATHER_S = 0.02
"""Time in which further messages join the first one of a commit."""

WAITING_BYTES = 32 * 2**20
"""Size of the messages that wait; as rows they take about seven times as much memory."""

IDLE_S = 0.5
RETRY_S = 2.0
"""Pause before the database is tried again."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that was read, its size, and the connection on which it came: it is acknowledged on no other."""

    connection: int
    mid: int
    qos: int
    size: int
    received: Received


class Bytes:
    """The number of bytes that wait; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def add(self, count: int) -> int:
        """Add `count`, which may be negative, and return the sum."""
        with self._lock:
            self._count += count
            return self._count


class Intake:
    """Takes batches from `broker` and stores them by `open_store`, which makes a store on a new connection.

    keys: the keys of the kiosks' seals. open_store: raises `psycopg.Error` while the database is away. watch: is told
    of the states of the kiosks.
    """

    def __init__(
        self,
        broker: Broker,
        keys: KioskKeys,
        open_store: Callable[[], RowStore],
        watch: SilenceWatch | None = None,
    ) -> None:
        self.rows = 0
        self._reader = RowMessageReader(keys)
        self._limit = RowLimit()
        self._refusals = Refusals(time.monotonic)
        self._watch = watch
        self._open_store = open_store
        self._store: RowStore | None = None
        self._waiting: queue.SimpleQueue[Taken] = queue.SimpleQueue()
        self._waiting_bytes = Bytes()
        self._is_enough = threading.Event()
        self._taken: list[Taken] = []
        self._connection = 0
        self._client = collector_client(broker)
        self._thread = BrokerThread(self._client, broker)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message

    @property
    def is_connected(self) -> bool:
        """True while the broker is connected."""
        return self._client.is_connected()

    def start(self) -> None:
        """Begin to connect to the broker."""
        self._thread.start()

    def turn(self) -> float:
        """Store what waits, after a short wait for it; return the pause in seconds before the next turn.

        Raises `KioskError` if the broker's thread ended by a bug; systemd then starts the collector again.
        """
        if self._thread.has_ended:
            raise KioskError("the thread of the broker's connection ended; see the log for the cause")
        try:
            if self._store is None:
                self._store = self._open_store()
                self._limit.load(self._store.connection)
            if not self._taken:
                self._taken = [self._limited(each) for each in self._gather()]
            if self._taken:
                self._keep(self._store, self._taken)
                self._taken = []
            self._limit.exchange(self._store.connection)
            self._refusals.write(self._store.connection)
        except psycopg.Error as error:
            logger.error("the database takes no rows; again in %.0f s: %s", RETRY_S, str(error).strip())  # noqa: TRY400
            self._drop_store()
            return RETRY_S
        return 0.0

    def close(self) -> None:
        """End the connections; what is not stored yet is sent again by its kiosk."""
        self._thread.stop()
        if self._store:
            with suppress(psycopg.Error):
                self._limit.exchange(self._store.connection, at_once=True)
        self._drop_store()

    def announce(self, name: str, site: str, app: str) -> None:
        """Publish Home Assistant's discovery of a kiosk; safe from any thread."""
        self._client.publish(discovery_topic(name), discovery(name, site, app), qos=1, retain=True)

    def _drop_store(self) -> None:
        store, self._store = self._store, None
        if store:
            with suppress(psycopg.Error):
                store.close()

    def _gather(self) -> list[Taken]:
        """Return the next messages, up to the number for one commit."""
        self._is_enough.clear()
        try:
            taken = [self._next(IDLE_S)]
        except queue.Empty:
            return []
        size = taken[0].size
        if not self._has_enough():  # one wait for all, because to wake for each message costs more than the message
            self._is_enough.wait(GATHER_S)
        while len(taken) < MESSAGES_PER_COMMIT and size < BYTES_PER_COMMIT:
            try:
                taken.append(self._next(0.0))
            except queue.Empty:
                break
            size += taken[-1].size
        return taken

    def _has_enough(self) -> bool:
        return self._waiting_bytes.add(0) >= BYTES_PER_COMMIT or self._waiting.qsize() >= MESSAGES_PER_COMMIT

    def _next(self, wait_s: float) -> Taken:
        """Return the next message. Raises `queue.Empty` after `wait_s` seconds."""
        taken = self._waiting.get(wait_s > 0.0, wait_s)
        self._waiting_bytes.add(-taken.size)
        return taken

    def _limited(self, taken: Taken) -> Taken:
        """Return the message, refused if its kiosk has sent too many rows; note a refused one."""
        received = taken.received
        if received.delivered and not self._limit.takes(received.kiosk, len(received.delivered.batch.rows)):
            received = Received(received.kiosk, None, Answer(received.answer.number, TOO_MANY))
        if received.delivered is None:
            logger.warning("a message of kiosk %s is refused: %s", received.kiosk, received.answer.refused)
            self._refusals.note(received.kiosk, received.answer.refused)
        return replace(taken, received=received)

    def _keep(self, store: RowStore, taken: list[Taken]) -> None:
        """Store the batches of `taken`, then answer. Raises `psycopg.Error`; then nothing was answered."""
        delivered = [each.received.delivered for each in taken if each.received.delivered]
        if delivered:
            self.rows += store.store(delivered)
        for each in taken:
            if each.connection == self._connection:
                self._client.ack(each.mid, each.qos)
        for each in taken:
            self._client.publish(*self._reader.answer(each.received), qos=0)

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, code: Any, _more: Any) -> None:
        if code.is_failure:
            logger.error("the broker refuses this collector: %s", code)
            return
        logger.info("connected to the broker")
        self._connection += 1
        client.subscribe(SHARED_ROWS, qos=1)
        if self._watch:
            self._watch.connected(time.monotonic(), is_connected=True)
            client.subscribe([(EVERY_STATE, 0), (EVERY_ONLINE, 0)])

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, code: Any, _more: Any) -> None:
        """Forget what waits: its kiosks send it again."""
        logger.warning("the connection to the broker ended: %s", code)
        if self._watch:
            self._watch.connected(time.monotonic(), is_connected=False)
        with suppress(queue.Empty):
            while True:
                self._next(0.0)

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        if not message.topic.endswith(f"/{ROWS}"):
            if self._watch:
                self._watch.note(message.topic, bytes(message.payload), time.monotonic())
            return
        size = len(message.payload)
        received = None
        if self._waiting_bytes.add(size) <= WAITING_BYTES:
            received = self._reader.read(message.topic, bytes(message.payload))
        if received:
            self._waiting.put(Taken(self._connection, message.mid, message.qos, size, received))
            if self._has_enough():
                self._is_enough.set()
        else:
            self._waiting_bytes.add(-size)
            self._client.ack(message.mid, message.qos)
