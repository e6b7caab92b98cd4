"""Watches the kiosks: their states, which of them are silent, and Home Assistant's discovery.

Several collectors may run; one of them watches, the one that holds a lock in the database. If it ends, the lock is
free, and another takes over.

Rule 1: a kiosk is silent SILENT_S after its last will; the broker publishes that within 30 s of the kiosk's death.
Rule 2: a retained message counts only if it was received since the last connection, because a broker that was restarted
has forgotten it. So after a connection, each kiosk has RETURN_S to be heard.
Rule 3: a broker that is away is one alert and not one for each kiosk.
Rule 4: a state counts only with the seal of its kiosk, and if it is not older than the last one. A kiosk that the
broker calls online counts as silent if it sent no new state for STATE_AGE_S. So a broker alone cannot hide that a kiosk
is away.
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import psycopg

from kiosk.fleet.collector.incoming import WRONG_SEAL
from kiosk.fleet.collector.refusals import Refusals
from kiosk.fleet.wire.kiosk_state import MAX_STATE_BYTES, KioskState, decode_state
from kiosk.fleet.wire.seals import KioskKeys
from kiosk.fleet.wire.topics import ONLINE, ONLINE_PAYLOAD, STATE, parts_of

logger = logging.getLogger(__name__)

SILENT_S = 15.0
RETURN_S = 75.0
"""Longer than the longest pause of a kiosk between two attempts to connect."""

STATE_AGE_S = 180.0
"""Three times the longest pause of a kiosk between two states (`kiosk.fleet.outbox.fleet_link.REPEAT_S`)."""

OLD_STATE = "an older state came again; the broker repeats messages, or the kiosk's clock was set back"
NO_STATE = "a state of another version; update the kiosk or the collector"

LOCK = "SELECT pg_try_advisory_lock(hashtext('watch'))"
RELOAD_S = 30.0
"""Time after which the list of kiosks is read again: a kiosk that was removed there is forgotten."""

KIOSKS = "SELECT name, site, state ->> 'app', state ->> 'sent_ms' FROM kiosk"
UPDATE = """
INSERT INTO kiosk (name, online, online_at, state, state_at)
VALUES (%(name)s, %(online)s, now(), %(state)s, CASE WHEN %(state)s::jsonb IS NULL THEN NULL ELSE now() END)
ON CONFLICT (name) DO UPDATE SET
    online_at = CASE WHEN kiosk.online = excluded.online THEN kiosk.online_at ELSE now() END,
    online = excluded.online,
    state = coalesce(excluded.state, kiosk.state),
    state_at = coalesce(excluded.state_at, kiosk.state_at)
"""
RAISE = "INSERT INTO alert (kiosk) VALUES (%s) ON CONFLICT DO NOTHING"
END = "UPDATE alert SET ended_at = now() WHERE kiosk = %s AND ended_at IS NULL"
STANDING = "SELECT kiosk FROM alert WHERE ended_at IS NULL"

BROKER = "*broker*"
"""The alert about the broker itself; no kiosk can have this name."""


@dataclass(slots=True)
class LastSigns:
    """The last signs of a kiosk. since_s: since when it has been away; None while it is online.

    fresh_s: the time of its last new state. sent_ms: the time of day that this state has.
    """

    site: str = ""
    app: str = ""
    since_s: float | None = None
    state: KioskState | None = None
    fresh_s: float = 0.0
    sent_ms: int = 0
    changed: bool = False
    announced: tuple[str, str] = ("", "")


class SilenceWatch:
    """Watches over a connection to the database that `open_connection` makes.

    keys: of the kiosks' seals. utc_s: returns the time of day in seconds since 1970.
    announce: is set by the owner; publishes Home Assistant's discovery for a kiosk, its site and its version. All times
    are monotonic seconds. `note` and `connected` may be called on any thread.
    """

    def __init__(
        self,
        open_connection: Callable[[], psycopg.Connection],
        keys: KioskKeys,
        utc_s: Callable[[], float] = time.time,
    ) -> None:
        self.announce: Callable[[str, str, str], None] = lambda _name, _site, _app: None
        self._open_connection = open_connection
        self._keys = keys
        self._utc_s = utc_s
        self._refusals = Refusals(time.monotonic)
        self._connection: psycopg.Connection | None = None
        self._lock = threading.Lock()
        self._kiosks: dict[str, LastSigns] = {}
        self._alerts: set[str] = set()
        self._connected_at_s: float | None = None
        self._lost_at_s: float | None = None
        self._reload_at_s = 0.0

    @property
    def is_leader(self) -> bool:
        """True if this collector is the one that watches."""
        return self._connection is not None

    def connected(self, now_s: float, *, is_connected: bool) -> None:
        """Note that the connection to the broker began or ended."""
        with self._lock:
            self._connected_at_s = now_s if is_connected else None
            self._lost_at_s = None if is_connected else now_s
            for heard in self._kiosks.values():
                heard.since_s, heard.fresh_s, heard.announced = now_s, now_s, ("", "")

    def note(self, topic: str, message: bytes, now_s: float) -> None:
        """Note a message with the state of a kiosk, or whether it is online."""
        found = parts_of(topic)
        if found is None:
            return
        name, part = found
        with self._lock:
            heard = self._kiosks.setdefault(name, LastSigns(since_s=now_s, fresh_s=now_s))
            if part == ONLINE:
                is_online = message == ONLINE_PAYLOAD
                heard.changed = heard.changed or is_online == (heard.since_s is not None)
                heard.since_s = None if is_online else heard.since_s if heard.since_s is not None else now_s
            elif part == STATE:
                opened = self._keys.of(name).open_json(topic, message[: 2 * MAX_STATE_BYTES])
                if refused := self._take_state(heard, opened, now_s):
                    self._refusals.note(name, refused)

    def _take_state(self, heard: LastSigns, message: bytes | None, now_s: float) -> str:
        """Take the newest state of a kiosk; return why it is refused, or ""."""
        if message is None:
            return WRONG_SEAL
        state = decode_state(message)
        if state is None:
            return NO_STATE
        sent_ms = min(state.sent_ms, int(self._utc_s() * 1000))  # a clock that was ahead must not lock its kiosk out
        if sent_ms < heard.sent_ms:
            return OLD_STATE
        if sent_ms > heard.sent_ms:
            heard.fresh_s = now_s
        heard.state, heard.app, heard.changed = replace(state, sent_ms=sent_ms), state.app, True
        heard.sent_ms = sent_ms
        return ""

    def turn(self, now_s: float) -> None:
        """Write what changed, and raise or end alerts. Raises `psycopg.Error`; then another collector takes over."""
        try:
            if self._connection is None and not self._take_over(now_s):
                return
            changes = self._changes()
            assert self._connection
            if changes:
                with self._connection.transaction(), self._connection.cursor() as cursor:
                    cursor.executemany(UPDATE, changes)
            self._reload(now_s)
            self._raise_alerts(self._silent(now_s))
            self._announce_all()
            assert self._connection
            self._refusals.write(self._connection)
        except psycopg.Error:
            self.close()
            raise

    def close(self) -> None:
        """Give the lock back."""
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _take_over(self, now_s: float) -> bool:
        """Take the lock if it is free, and learn which kiosks there are."""
        connection = self._open_connection()
        row = connection.execute(LOCK).fetchone()
        if not row or not row[0]:
            connection.close()
            return False
        self._connection = connection
        self._alerts = {str(name) for (name,) in connection.execute(STANDING)}
        self._reload_at_s = now_s
        self._reload(now_s)
        logger.info("this collector watches %d kiosks", len(self._kiosks))
        return True

    def _reload(self, now_s: float) -> None:
        """Read the list of kiosks if it is time; forget those that are away and not on it."""
        if now_s < self._reload_at_s or self._connection is None:
            return
        self._reload_at_s = now_s + RELOAD_S
        found = {name: (site, app or "", int(ms or 0)) for name, site, app, ms in self._connection.execute(KIOSKS)}
        with self._lock:
            for name, (site, app, sent_ms) in found.items():
                since_s = now_s if self._connected_at_s is None else self._connected_at_s
                heard = self._kiosks.setdefault(name, LastSigns(since_s=since_s, fresh_s=now_s))
                heard.site, heard.app, heard.sent_ms = site, heard.app or app, max(heard.sent_ms, sent_ms)
            for name in self._kiosks.keys() - found.keys():
                if self._kiosks[name].since_s is not None and not self._kiosks[name].changed:
                    del self._kiosks[name]

    def _changes(self) -> list[dict[str, object]]:
        with self._lock:
            changed = [(name, heard) for name, heard in self._kiosks.items() if heard.changed]
            for _, heard in changed:
                heard.changed = False
            return [
                {
                    "name": name,
                    "online": heard.since_s is None,
                    "state": json.dumps(asdict(heard.state)) if heard.state else None,
                }
                for name, heard in changed
            ]

    def _silent(self, now_s: float) -> set[str]:
        """Return the kiosks that are silent; only `BROKER` while the broker is away."""
        with self._lock:
            if self._connected_at_s is None:
                is_long = self._lost_at_s is not None and now_s - self._lost_at_s >= SILENT_S
                return {BROKER} if is_long else set(self._alerts)
            in_return = now_s - self._connected_at_s < RETURN_S
            limit_s = RETURN_S if in_return else SILENT_S
            return {
                name
                for name, heard in self._kiosks.items()
                if (heard.since_s is not None and now_s - heard.since_s >= limit_s)
                or now_s - heard.fresh_s >= STATE_AGE_S
            }

    def _raise_alerts(self, silent: set[str]) -> None:
        assert self._connection
        for name in sorted(silent - self._alerts):
            logger.warning("alert: %s is silent", "the broker" if name == BROKER else f"kiosk {name}")
            self._connection.execute(RAISE, (name,))
        for name in sorted(self._alerts - silent):
            logger.warning("alert ended: %s is back", "the broker" if name == BROKER else f"kiosk {name}")
            self._connection.execute(END, (name,))
        self._alerts = silent

    def _announce_all(self) -> None:
        with self._lock:
            if self._connected_at_s is None:
                return
            due = [
                (name, each.site, each.app)
                for name, each in self._kiosks.items()
                if each.app and each.announced != (each.site, each.app)
            ]
            for name, site, app in due:
                self._kiosks[name].announced = (site, app)
        for name, site, app in due:
            self.announce(name, site, app)
