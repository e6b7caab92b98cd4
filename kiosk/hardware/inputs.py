"""Buttons, sensors and contacts: debounced facts for the machine, raw levels for the interlock.

Rule 1: gpiozero's thread does next to nothing: the raw edge goes to the interlock, everything else to the clock.
Rule 2: levels are also polled: an edge that was missed, or a gpiozero thread that died, costs `POLL_S`.
Rule 3: emergency and stop count from their first edge: a contact that chatters for ever is no reason to wait.
Rule 4: emergency, stop, doors, presence and key are told until they are taken; other presses may be lost, with a log.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from kiosk.flow.events import (
    DoorClosed,
    DoorOpened,
    EmergencyCleared,
    EmergencyRaised,
    Event,
    ExitRequested,
    OfficerPressed,
    PassageSeen,
    PresenceLost,
    PresenceSeen,
    ServiceKeyTurned,
    SkipPressed,
    StopPressed,
)
from kiosk.hardware.board import Board
from kiosk.hardware.debounce import Debounce
from kiosk.model import Alarm, Clock, Door
from kiosk.settings.schema.wiring import InputSettings, InputsSettings, PresenceSettings

logger = logging.getLogger(__name__)

POLL_S = 0.1
"""How often levels are read without an edge."""


@dataclass(frozen=True, slots=True)
class InputMeaning:
    """What an input's level means.

    guards: the sprayer's interlock must hear of each edge at once. at_once: see `Debounce`.
    """

    fact: Callable[[bool, float], Event | None]
    must_arrive: bool = False
    guards: bool = False
    at_once: bool = False


def door(which: Door) -> Callable[[bool, float], Event]:
    """The facts of a door's contact."""
    return lambda on, at_s: DoorOpened(at_s, which) if on else DoorClosed(at_s, which)


MEANINGS: dict[str, InputMeaning] = {
    "emergency": InputMeaning(
        lambda on, at_s: EmergencyRaised(at_s) if on else EmergencyCleared(at_s),
        must_arrive=True,
        guards=True,
        at_once=True,
    ),
    "door_contact": InputMeaning(door(Door.BUILDING), must_arrive=True, guards=True),
    "street_contact": InputMeaning(door(Door.STREET), must_arrive=True, guards=True),
    "presence": InputMeaning(
        lambda on, at_s: PresenceSeen(at_s) if on else PresenceLost(at_s), must_arrive=True, guards=True
    ),
    "service": InputMeaning(lambda on, at_s: ServiceKeyTurned(at_s, on), must_arrive=True),
    "stop": InputMeaning(lambda on, at_s: StopPressed(at_s) if on else None, must_arrive=True, at_once=True),
    "exit": InputMeaning(lambda on, at_s: ExitRequested(at_s) if on else None),
    "officer": InputMeaning(lambda on, at_s: OfficerPressed(at_s) if on else None),
    "skip": InputMeaning(lambda on, at_s: SkipPressed(at_s) if on else None),
    "passage": InputMeaning(lambda on, at_s: PassageSeen(at_s) if on else None),
}
"""In the order in which the state found at start is told: what is most urgent comes first."""

DOORS = {"door_contact": Door.BUILDING, "street_contact": Door.STREET}


class InputLine:
    """One input: its raw level, its edges, and what they settle to."""

    def __init__(
        self,
        board: Board,
        name: str,
        settings: InputSettings,
        clock: Clock,
        tell: Callable[[bool], bool],
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
        self._debounce = Debounce(name, self.is_active, tell, clock, on_s=on_s, off_s=off_s, **arrival)

    def is_active(self) -> bool:
        """The level as it is now, before any debounce."""
        return bool(self._device.pin.state) is not self._active_low

    @property
    def counts(self) -> bool:
        """Whether it counts as active, after the debounce."""
        return self._debounce.level

    def begin(self) -> None:
        """Follow the line from now on."""
        # gpiozero holds a weak reference to the method; this object keeps it alive
        self._device.pin.when_changed = self.edge
        self._debounce.begin()

    def edge(self, _ticks: Any, state: Any) -> None:
        """Called by gpiozero on its own thread."""
        try:
            self._debounce.moved(bool(state) is not self._active_low)
            self._on_edge()
        except Exception as error:
            # An error here would end gpiozero's thread and nothing else; on the clock's thread it ends the process.
            logger.exception("an edge could not be handled")
            self._clock.call_at(self._clock.now_s(), partial(_raise, error))

    def poll(self) -> None:
        """Notice what no edge reported."""
        if self._debounce.poll():
            self._on_edge()

    def close(self) -> None:
        """Follow the line no more and let it go."""
        self._debounce.close()
        self._device.close()


class Inputs:
    """All inputs that the booth has; `post` gets their facts, `on_edge` every raw edge that the interlock needs.

    Raises `DeviceError` when a pin cannot be had. Nothing is told before `start`. `beat_at_s` is when the levels were
    last polled, on the clock's alarm thread: while it is fresh, pulses end in time too.
    """

    def __init__(
        self,
        board: Board,
        settings: InputsSettings,
        clock: Clock,
        post: Callable[[Event], bool],
        on_edge: Callable[[], None],
    ) -> None:
        self.beat_at_s = clock.now_s()
        self._clock = clock
        self._post = post
        self._lock = threading.Lock()
        self._next_poll: Alarm | None = None
        self._closed = False
        self._lines: dict[str, InputLine] = {}
        for name, meaning in MEANINGS.items():
            wired: InputSettings | None = getattr(settings, name)
            if wired:
                edge = on_edge if meaning.guards else _nothing
                self._lines[name] = InputLine(board, name, wired, clock, partial(self._tell, meaning), edge)

    def start(self) -> None:
        """Tell the state found now (emergency, open doors, presence, key), then every change."""
        for line in self._lines.values():
            line.begin()
        self._poll_later()

    @property
    def has_presence(self) -> bool:
        """Whether there is a sensor for people."""
        return "presence" in self._lines

    @property
    def present(self) -> bool:
        """Whether the sensor sees somebody this moment."""
        return self._is_active("presence")

    @property
    def open_doors(self) -> frozenset[Door]:
        """The doors whose contacts are open this moment."""
        return frozenset(which for name, which in DOORS.items() if self._is_active(name))

    @property
    def emergency(self) -> bool:
        """Whether the emergency input is active this moment, or has not rested since it was."""
        line = self._lines.get("emergency")
        return line is not None and (line.is_active() or line.counts)

    def close(self) -> None:
        """Let every pin go; safe to call twice."""
        with self._lock:
            self._closed = True
            if self._next_poll:
                self._next_poll.cancel()
        for line in self._lines.values():
            line.close()

    def _is_active(self, name: str) -> bool:
        line = self._lines.get(name)
        return line is not None and line.is_active()

    def _tell(self, meaning: InputMeaning, level: bool) -> bool:
        fact = meaning.fact(level, self._clock.now_s())
        return fact is None or self._post(fact)

    def _poll_later(self) -> None:
        with self._lock:
            if not self._closed:
                self._next_poll = self._clock.call_at(self._clock.now_s() + POLL_S, self._poll)

    def _poll(self) -> None:
        self.beat_at_s = self._clock.now_s()
        for line in self._lines.values():
            line.poll()
        self._poll_later()


def _nothing() -> None:
    """What an edge that the interlock does not need brings about."""


def _raise(error: Exception) -> None:
    raise error
