"""Buttons, sensors and contacts: debounced events for the flow, raw levels for the interlock.

Rule 1: gpiozero's thread does very little: it passes each raw edge to the debounce and to the interlock. The stable
        times end on the clock's thread.
Rule 2: levels are also polled, so that a missed edge or a dead gpiozero thread costs at most `POLL_S`.
Rule 3: emergency and stop count from their first edge: a contact that never stops bouncing must not delay them.
Rule 4: the events of emergency, stop, doors, presence, service key and enclosure are delivered until they are accepted.
        The other presses are lost if the inbox is full; the log says so.
Rule 5: the officer's button counts only when it changes from released to pressed. A wire that is shorted at the start
        is no press, and a wire that stays shorted is one press.
"""

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from kiosk.flow.events import Event, PresenceGap
from kiosk.hardware.board import Board
from kiosk.hardware.debounce import Debounce
from kiosk.hardware.input_meanings import MEANINGS, InputMeaning
from kiosk.model import Alarm, Clock, Door
from kiosk.settings.schema.wiring import InputSettings, InputsSettings, PresenceSettings

logger = logging.getLogger(__name__)

GAP_EVERY_S = 1.0
"""Shortest time between two reports of a presence sensor that flickers."""

POLL_S = 0.1
"""The interval at which levels are read without an edge."""


DOORS = {"door_contact": Door.BUILDING, "street_contact": Door.STREET}


class InputLine:
    """One input: its raw level, its edges and its debounced level.

    report: offers the debounced level; returns True if it was accepted. on_edge: called at each raw edge.
    Raises `DeviceError` if the pin cannot be opened.
    """

    def __init__(
        self,
        board: Board,
        name: str,
        settings: InputSettings,
        clock: Clock,
        report: Callable[[bool], bool],
        on_edge: Callable[[], None],
    ) -> None:
        self._device = board.input("inputs", f"inputs.{name}.pin", settings)
        self._active_low = settings.active_low
        self._clock = clock
        self._on_edge = on_edge
        on_s = settings.debounce_ms / 1000
        off_s = max(on_s, settings.linger_s) if isinstance(settings, PresenceSettings) else on_s
        meaning = MEANINGS[name]
        arrival = {"must_arrive": meaning.must_arrive, "at_once": meaning.at_once}
        self._debounce = Debounce(name, self.is_active, report, clock, on_s=on_s, off_s=off_s, **arrival)
        self.steady_since_s = clock.now_s()

    def is_active(self) -> bool:
        """Return True if the level at this moment, before any debounce, is the active one."""
        return bool(self._device.pin.state) is not self._active_low

    @property
    def counts(self) -> bool:
        """True while the input is active after the debounce."""
        return self._debounce.level

    def start(self) -> None:
        """Follow the line from now on, and report a level that is active already and must arrive."""
        # gpiozero holds a weak reference to the method; this object keeps it alive
        self._device.pin.when_changed = self.edge
        self._debounce.start()

    def edge(self, _ticks: Any, state: Any) -> None:
        """Handle an edge to `state` (true for high); gpiozero calls this on its own thread."""
        try:
            self.steady_since_s = self._clock.now_s()
            self._debounce.edge(bool(state) is not self._active_low)
            self._on_edge()
        except Exception as error:
            # An error here would end only gpiozero's thread; on the clock's thread it ends the process.
            logger.exception("an edge could not be handled")
            self._clock.call_at(self._clock.now_s(), partial(_raise, error))

    def poll(self) -> None:
        """Handle a change of the level that no edge reported."""
        if self._debounce.poll():
            self.steady_since_s = self._clock.now_s()
            self._on_edge()

    def close(self) -> None:
        """Stop following the line and free it."""
        self._debounce.close()
        self._device.close()


class Inputs:
    """All inputs of the booth.

    post: offers an event to the inbox and returns True if it was accepted. on_edge: called at each raw edge of an input
    that the interlock depends on. poll_s: the interval at which levels are read without an edge.
    Raises `DeviceError` if a pin cannot be opened. No event is posted before `start`.
    beat_at_s: the heartbeat of the clock's alarm thread, which polls the levels and ends pulses, in monotonic seconds.
    """

    def __init__(
        self,
        board: Board,
        settings: InputsSettings,
        clock: Clock,
        post: Callable[[Event], bool],
        on_edge: Callable[[], None],
        poll_s: float = POLL_S,
    ) -> None:
        self.beat_at_s = clock.now_s()
        self._poll_s = poll_s
        self._clock = clock
        self._post = post
        self._lock = threading.Lock()
        self._next_poll: Alarm | None = None
        self._closed = False
        self._gap_at_s = float("-inf")
        self._lines: dict[str, InputLine] = {}
        for name, meaning in MEANINGS.items():
            wired: InputSettings | None = getattr(settings, name)
            if wired:
                edge = on_edge if meaning.guards else lambda: None
                if name == "presence":
                    edge = partial(self._presence_edge, on_edge)
                self._lines[name] = InputLine(board, name, wired, clock, partial(self._offer, meaning), edge)

    def start(self) -> None:
        """Post the events of the levels found now, except of buttons other than stop, then of every change."""
        for line in self._lines.values():
            line.start()
        self._poll_later()

    @property
    def levels(self) -> dict[str, bool]:
        """The level of every input, before any debounce; True while it is active. After `close` there is none."""
        with self._lock:
            return {} if self._closed else {name: line.is_active() for name, line in self._lines.items()}

    @property
    def steady_s(self) -> dict[str, float]:
        """Seconds since the last edge of every input."""
        return {name: self._clock.now_s() - line.steady_since_s for name, line in self._lines.items()}

    @property
    def has_presence(self) -> bool:
        """True if the booth has a presence sensor."""
        return "presence" in self._lines

    @property
    def presence_steady_s(self) -> float:
        """Seconds since the last edge of the presence sensor; 0 without a sensor."""
        return self.steady_s.get("presence", 0.0)

    @property
    def present(self) -> bool:
        """True while the presence sensor detects somebody, before any debounce."""
        return self._is_active("presence")

    @property
    def open_doors(self) -> frozenset[Door]:
        """The doors whose contacts are open at this moment, before any debounce."""
        return frozenset(which for name, which in DOORS.items() if self._is_active(name))

    @property
    def street_exit(self) -> bool:
        """True while somebody in the chamber uses the handle or the exit button of the street door, before debounce."""
        return self._is_active("street_exit")

    @property
    def street_bolt(self) -> bool | None:
        """True while the bolt locks the street door, before any debounce; None if no input tells this."""
        return self._is_active("street_bolt") if "street_bolt" in self._lines else None

    @property
    def emergency(self) -> bool:
        """True while the emergency input is active, and until it has then been inactive for its debounce time."""
        line = self._lines.get("emergency")
        return line is not None and (line.is_active() or line.counts)

    def _presence_edge(self, on_edge: Callable[[], None]) -> None:
        """Report a gap of the presence sensor, at most once in `GAP_EVERY_S`; a lost report does no harm."""
        on_edge()
        line, now_s = self._lines["presence"], self._clock.now_s()
        is_gap = line.counts and line.is_active() and now_s - self._gap_at_s >= GAP_EVERY_S
        if is_gap and self._post(PresenceGap(now_s)):
            self._gap_at_s = now_s

    def close(self) -> None:
        """Free every pin. Safe to call twice."""
        with self._lock:
            self._closed = True
            if self._next_poll:
                self._next_poll.cancel()
        for line in self._lines.values():
            line.close()

    def _is_active(self, name: str) -> bool:
        return name in self._lines and self._lines[name].is_active()

    def _offer(self, meaning: InputMeaning, level: bool) -> bool:
        event = meaning.event(level, self._clock.now_s())
        return event is None or self._post(event)

    def _poll_later(self) -> None:
        with self._lock:
            if not self._closed:
                self._next_poll = self._clock.call_at(self._clock.now_s() + self._poll_s, self._poll)

    def _poll(self) -> None:
        self.beat_at_s = self._clock.now_s()
        for line in self._lines.values():
            line.poll()
        self._poll_later()


def _raise(error: Exception) -> None:
    raise error
