"""The parts of a world's kiosk below its drivers: pins, clock, a camera without pictures, and late workers."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from gpiozero.pins.mock import MockFactory, MockPin

from kiosk.composition.environment import OpenScanner, Post
from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import CodeSeen, DeviceFailed, DeviceRecovered
from kiosk.hardware.board import Board
from kiosk.model import Alarm, Clock, Payload, Watch
from kiosk.runtime.worker import Duty, InlineWorker
from kiosk.scanner.child.dedupe import Sightings
from kiosk.scanner.wire.messages import ScannerFigures
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.simulator.clock import VirtualClock

LOOK_S = {Watch.GLANCE: 0.5, Watch.FULL: 0.25, Watch.AGAIN: 0.25}
"""Seconds between two looks of the camera."""

SILENT_S = 5.0
"""The camera is reported after it was silent for this long, as `camera.silent_s` is by default."""


class CameraView(Protocol):
    """The view of the camera of a world."""

    @property
    def camera_is_silent(self) -> bool:
        """True while the camera delivers no pictures."""
        ...

    def codes_in_view(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the payload of each code that is held up."""
        ...

    def code_was_seen(self, name: str, *, again: bool = False) -> None:
        """The camera saw this code for the first time, or again after a while."""


class MortalClock:
    """The clock of one life of the kiosk: after `die`, no alarm of this life rings any more."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._alive = True

    def now_s(self) -> float:
        """Return the monotonic time in seconds."""
        return self._clock.now_s()

    def call_at(self, at_s: float, action: Callable[[], None]) -> Alarm:
        """Call `action` at `at_s`, unless this life has ended by then."""
        return self._clock.call_at(at_s, lambda: action() if self._alive else None)

    def die(self) -> None:
        """End this life."""
        self._alive = False


class HeldCodes:
    """The camera without pictures: while it watches, it sees the codes that bodies in the chamber hold up."""

    name = "camera"
    restarts = 0
    figures: ScannerFigures | None = None

    def __init__(self, view: CameraView, same_code_s: float, clock: Clock, post: Post) -> None:
        self._view = view
        self._clock = clock
        self._post = post
        self._sightings = Sightings(same_code_s, b"world")
        self._watch = Watch.OFF
        self._visit = 0
        self._fault = ""
        self._answered = False
        self._silent_since_s: float | None = None

    def handle(self, job: WatchCodes) -> None:
        """Look this hard from now on."""
        self._sightings.look(job.watch, job.visit)
        self._watch, self._visit = job.watch, job.visit

    def tick(self) -> float | None:
        """Look once, and return the seconds until the next look."""
        now_s = self._clock.now_s()
        if self._view.camera_is_silent:
            if self._silent_since_s is None:
                self._silent_since_s = now_s
            if now_s - self._silent_since_s >= SILENT_S and not self._fault:
                self._fault = "camera_silent" if self._post(DeviceFailed(now_s, self.name, "camera_silent")) else ""
            return 0.5
        self._silent_since_s = None
        if not self._answered or self._fault:
            self._answered = self._post(DeviceRecovered(now_s, self.name))
            self._fault = "" if self._answered else self._fault
        if self._watch is not Watch.OFF:
            self._look(now_s)
        return LOOK_S.get(self._watch, 2.0)

    def close(self) -> None:
        """Hold nothing."""

    def _look(self, now_s: float) -> None:
        new: list[bytes] = []
        self._sightings.frame(now_s)
        for name, payload in self._view.codes_in_view():
            if self._sightings.is_new(payload, now_s):
                new.append(payload)
                self._view.code_was_seen(name)
        for payload in sorted(new):
            self._post(CodeSeen(now_s, Payload(payload), self._visit))


def held_codes_opener(view: CameraView) -> OpenScanner:
    """Return a function that makes the scanner of a world without pictures."""

    def open_scanner(
        _camera: CameraSettings, scanner: ScannerSettings, clock: Clock, post: Post, _preview: object
    ) -> HeldCodes:
        return HeldCodes(view, scanner.same_code_s, clock, post)

    return open_scanner


class LateWorker(InlineWorker):
    """A worker whose jobs the world can hold up, one after the other.

    late_s: returns how long a job is held up. idle_s: the shortest time between two ticks.
    """

    def __init__(self, duty: Duty, clock: Clock, late_s: Callable[[Any], float], idle_s: float) -> None:
        super().__init__(duty, clock)
        self._late_s = late_s
        self._idle_s = idle_s
        self._busy_until_s = float("-inf")
        self._next_job: Alarm | None = None

    def put(self, job: Any) -> None:
        """Take a job; it is done when the world lets it. While one is held up, only the newest one waits."""
        if self._next_job:
            self._next_job.cancel()
        begins_s, do = max(self._clock.now_s(), self._busy_until_s), super().put

        def begin() -> None:
            self._busy_until_s = self._clock.now_s() + self._late_s(job)
            self._clock.call_at(self._busy_until_s, lambda: do(job))

        self._next_job = self._clock.call_at(begins_s, begin)

    def _schedule(self, wait_s: float | None) -> None:
        super()._schedule(None if wait_s is None else max(wait_s, self._idle_s))


class WorldPin(MockPin):  # type: ignore[misc] # gpiozero has no types
    """A pin as the chip's reset leaves it (pulled up on GPIO0 to 8, down on the others), without a history.

    gpiozero's mock pin remembers every state. A world of many visits would fill the memory with them.
    """

    def __init__(self, factory: Any, info: Any) -> None:
        super().__init__(factory, info)
        self._number = int(info.name[4:])
        self._state = self._number <= 8
        self._last_change = 0.0
        self.driven: bool | None = None

    def _change_state(self, value: bool) -> bool:
        if self._state == value:
            return False
        self._state = value
        if self.driven is None:
            self.factory.on_output(self._number)
        return True

    def _set_pull(self, value: str) -> None:
        """Set the pull; a level that the world drives is stronger."""
        super()._set_pull(value)
        if self.driven is not None:
            self._change_state(self.driven)


class WorldHeader(Board):
    """A board on such pins. `on_output` is called with the number of a pin that the kiosk changed."""

    def __init__(self) -> None:
        factory = MockFactory(pin_class=WorldPin)
        super().__init__(factory)
        self._pins: dict[int, WorldPin] = {}
        self.on_output = lambda _number: None

    @property
    def on_output(self) -> Callable[[int], None]:
        """The function that is called with the number of a pin that changed."""
        call: Callable[[int], None] = self.factory.on_output
        return call

    @on_output.setter
    def on_output(self, call: Callable[[int], None]) -> None:
        self.factory.on_output = call

    def level(self, number: int) -> bool:
        """Return True while the pin is high."""
        return bool(self._pin(number).state)

    def drive(self, number: int, *, high: bool) -> None:
        """Drive an input pin from outside; gpiozero reports the edge."""
        pin = self._pin(number)
        pin.driven = high
        if high:
            pin.drive_high()
        else:
            pin.drive_low()

    def _pin(self, number: int) -> WorldPin:
        if number not in self._pins:
            self._pins[number] = self.factory.pin(number)
        return self._pins[number]
