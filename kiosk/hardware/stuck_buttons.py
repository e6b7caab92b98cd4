"""Buttons and exits that stay active: somebody leans on one, its contact sticks, or its wire is shorted.

A press counts once, at its beginning. A button that never comes back is therefore lost without a sign: nobody can
decline the spray, and the officer can open nothing. A street exit that never comes back keeps the street door free and
the building door locked.
"""

import threading
from collections.abc import Callable

from kiosk.flow.events import Event, health_event
from kiosk.hardware.inputs import Inputs
from kiosk.model import Alarm, Clock

BUTTONS = ("officer", "skip", "exit", "street_exit", "yes", "no")
"""Inputs that are active for moments. The stop button may latch, and the technician's key is watched by the flow."""

STUCK_S = 60.0
"""A button that is pressed, or a handle that is held, for this long counts as stuck."""

LOOK_S = 5.0


class StuckButtons:
    """Reports each of `BUTTONS` that is active for `STUCK_S`, as the fault `button_stuck`, until it is released.

    post: offers an event to the inbox; an event that is refused is offered again. The looks begin at once.
    """

    def __init__(self, inputs: Inputs, clock: Clock, post: Callable[[Event], bool]) -> None:
        self._inputs = inputs
        self._clock = clock
        self._post = post
        self._lock = threading.Lock()
        self._since_s: dict[str, float] = {}
        self._reported: set[str] = set()
        self._alarm: Alarm | None = None
        self._closed = False
        self._look()

    def close(self) -> None:
        """End the looks."""
        with self._lock:
            self._closed = True
            if self._alarm:
                self._alarm.cancel()

    def _look(self) -> None:
        with self._lock:
            if self._closed:
                return
            now_s = self._clock.now_s()
            for name, active in self._inputs.levels.items():
                if name in BUTTONS:
                    self._judge(name, active, now_s)
            self._alarm = self._clock.call_at(now_s + LOOK_S, self._look)

    def _judge(self, name: str, active: bool, now_s: float) -> None:
        if not active:
            self._since_s.pop(name, None)
        stuck = active and now_s - self._since_s.setdefault(name, now_s) >= STUCK_S
        fault = "button_stuck" if stuck else ""
        if stuck is not (name in self._reported) and self._post(health_event(now_s, f"button_{name}", fault)):
            self._reported ^= {name}
