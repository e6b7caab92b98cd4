"""Many kiosks in one event loop: the real outbox, link and driver of each, over real MQTT, with its own journal."""

import heapq
import itertools
import select
import shutil
import ssl
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from kiosk.fleet.outbox import mqtt_client
from kiosk.fleet.outbox.cursor import CursorFile
from kiosk.fleet.outbox.driver import FleetDriver
from kiosk.fleet.outbox.fleet_link import FleetLink
from kiosk.fleet.outbox.row_outbox import RowOutbox
from kiosk.fleet.wire.kiosk_state import KioskState
from kiosk.fleet.wire.seals import KioskKeys, SealKey
from kiosk.flow.state import Outcome
from kiosk.journal.following import JournalFollower
from kiosk.journal.records import Record, RowKind
from kiosk.journal.store import Journal
from kiosk.model import Phase, WallTime

KEYS = KioskKeys(SealKey(bytes(32)))
"""The keys of the seals of all kiosks of the bench."""

LONGEST_WAIT_S = 0.2
CONNECTIONS_PER_TURN = 50
"""Kiosks that the loop serves between two looks at the sockets."""


@dataclass
class Loop:
    """The clock of the kiosks and the sockets that they wait for. speed: how much faster than real time they live."""

    speed: float = 1.0
    kiosks: dict[int, "SimulatedKiosk"] = field(default_factory=dict)
    poll: select.epoll = field(default_factory=select.epoll)
    _due: list[tuple[float, int, "SimulatedKiosk"]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def now_s(self) -> float:
        return time.monotonic() * self.speed

    def call(self, kiosk: "SimulatedKiosk", at_s: float) -> None:
        kiosk.due_s = at_s
        heapq.heappush(self._due, (at_s, next(self._numbers), kiosk))

    def run(self, until: Callable[[], bool], limit_s: float) -> bool:
        """Run until `until` returns True, which is asked often; return False after `limit_s` real seconds."""
        ends_at_s = time.monotonic() + limit_s
        while not until():
            if time.monotonic() > ends_at_s:
                return False
            self.turn()
        return True

    def turn(self, longest_wait_s: float = LONGEST_WAIT_S) -> None:
        """Do what is due, and wait for the sockets until the next thing is due or `longest_wait_s` is over."""
        now_s = self.now_s()
        for _ in range(CONNECTIONS_PER_TURN):
            if not self._due or self._due[0][0] > now_s:
                break
            at_s, _, kiosk = heapq.heappop(self._due)
            if kiosk.is_on and at_s == kiosk.due_s:
                kiosk.turn()
        wait_s = (self._due[0][0] - self.now_s()) / self.speed if self._due else LONGEST_WAIT_S
        for handle, event in self.poll.poll(min(max(wait_s, 0.0), longest_wait_s), 512):
            if waiting := self.kiosks.get(handle):
                waiting.on_event(event)


class SimulatedKiosk:
    """One kiosk. Its journal is a real one in `folder`; `write` appends rows to it as the journal's writer does."""

    def __init__(
        self,
        name: str,
        folder: Path,
        loop: Loop,
        port: Callable[[], int],
        random: Random,
        tls: ssl.SSLContext | None,
        keepalive_s: int = mqtt_client.KEEPALIVE_S,
        *,
        wall: Callable[[], WallTime] | None = None,
        host: str = "127.0.0.1",
        key: SealKey | None = None,
    ) -> None:
        self.name = name
        self.folder = folder
        self.loop = loop
        self.due_s = 0.0
        self.is_on = False
        self._port = port
        self._keepalive_s = keepalive_s
        self._random = random
        self._tls = tls
        self._wall = wall or _now
        self._host = host
        self._key = key or KEYS.of(name)
        self._visits = 0
        self._book: Journal | None = None
        self._handle = -1
        self._mask = 0
        self.path = folder / "journal.db"
        self.switch_on()

    def switch_on(self) -> None:
        """Start after a power cut or for the first time: with a new boot, and the cursor that the disk has."""
        cursor = CursorFile(self.folder / "cursor")
        self.outbox = RowOutbox(JournalFollower(self.path).after, cursor.load(), self._random)
        self.link = FleetLink(
            self.name,
            self.outbox,
            lambda: self._key,
            lambda: mqtt_client.new_client(self.name, self._tls),
            lambda client: mqtt_client.connect(client, self._host, self._port(), self._keepalive_s),
        )
        self.driver = FleetDriver(self.link, cursor, lambda _now_s: None, self._random)
        self.link.show(KioskState("idle", "closed"))
        self.is_on = True
        self._boot = str(uuid.UUID(int=self._random.getrandbits(128)))
        self.loop.call(self, 0.0)

    def cut_power(self, *, loses_cursor: bool) -> None:
        """End without a word, as in a power cut."""
        self.is_on = False
        self.close_book()
        self.link.close()
        self._watch_socket()
        if loses_cursor:
            (self.folder / "cursor").unlink(missing_ok=True)

    def write(self, rows: int) -> None:
        """Let visitors come: append `rows` rows and send them."""
        self.append(rows)
        if self.is_on:
            self.outbox.wake(self.loop.now_s())
            self.turn()

    def append(self, rows: int) -> None:
        """Append `rows` rows to the journal; nobody is told."""
        for _ in range(rows):
            self._visits += 1
            self._open_book().append(_visit(self._visits))

    def note(self, records: list[Record]) -> None:
        """Append `records` to the journal and send them."""
        for record in records:
            self._open_book().append(record)
        self.outbox.wake(self.loop.now_s())
        self.turn()

    def _open_book(self) -> Journal:
        if self._book is None:
            self._book = Journal(self.path, self.name, self._wall, 3650, 256, self._boot)
        return self._book

    def close_book(self) -> None:
        if self._book:
            self._book.close()
            self._book = None

    def turn(self) -> None:
        self.loop.call(self, self.driver.turn(self.loop.now_s()))
        self._watch_socket()

    def on_event(self, event: int) -> None:
        now_s = self.loop.now_s()
        if event & select.EPOLLOUT:
            self.link.write(now_s)
        if event & ~select.EPOLLOUT:
            self.link.read(now_s)
        self.turn()

    def _watch_socket(self) -> None:
        """Let the loop wait for this kiosk's socket, which changes with each connection."""
        sock = self.link.socket
        handle = sock.fileno() if sock else -1
        mask = select.EPOLLIN | (select.EPOLLOUT if self.link.wants_to_write else 0)
        if handle != self._handle:
            if self.loop.kiosks.get(self._handle) is self:  # closing a socket removes it from the epoll set
                del self.loop.kiosks[self._handle]
            self._handle, self._mask = handle, 0
            if handle >= 0:
                self.loop.kiosks[handle] = self
        if handle >= 0 and mask != self._mask:
            try:
                self.loop.poll.modify(handle, mask)
            except FileNotFoundError:
                self.loop.poll.register(handle, mask)
            self._mask = mask


def make_template(path: Path, rows: int) -> None:
    """Make a journal with `rows` rows, to be copied for many kiosks."""
    book = Journal(path, "template", _now, 3650, 256, str(uuid.UUID(int=1)))
    for number in range(1, rows + 1):
        book.append(_visit(number))
    book.close()


def copy_journal(template: Path, folder: Path) -> None:
    folder.mkdir()
    shutil.copyfile(template, folder / "journal.db")


def _now() -> WallTime:
    return WallTime(datetime.now(UTC), sure=True)


def _visit(number: int) -> Record:
    outcome, reason = (Outcome.REFERRED, "fever") if number % 25 == 0 else (Outcome.ADMITTED, "")
    phase = Phase.REFERRING if reason else Phase.ADMITTING
    return Record(RowKind.VISIT, float(number), phase, number, outcome, reason, "site_pass", "site_pass")
