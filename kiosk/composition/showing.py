"""Shows each new state of the flow: on the visitors' page, by speech, and to observers."""

from collections.abc import Callable

from kiosk.display.screens import screen_of
from kiosk.display.server import DisplayServer
from kiosk.display.speech import SILENCE, speech_of
from kiosk.flow.rules import Rules
from kiosk.flow.state import State
from kiosk.hardware.thermometers.readout import Readout
from kiosk.model import Clock
from kiosk.runtime.worker import Worker


class Showing:
    """Shows states; the loop calls it with each new one, on its own thread.

    readout: forgets the readings of a visit that is over. can_skip: True if a visitor can decline the spray.
    observers: called with each state; each must be short. speaker: the worker that speaks, or None.
    """

    def __init__(
        self, readout: Readout, rules: Rules, can_skip: bool, clock: Clock, display: DisplayServer | None
    ) -> None:
        self.observers: list[Callable[[State], None]] = []
        self.speaker: Worker | None = None
        self._readout = readout
        self._rules = rules
        self._can_skip = can_skip
        self._clock = clock
        self._display = display
        self._speech = SILENCE

    def __call__(self, state: State) -> None:
        """Show `state` to the observers, on the page and by speech."""
        self._readout.keep_only(state.visit.number if state.visit else None)
        for observe in self.observers:
            observe(state)
        screen = screen_of(state, self._rules, self._can_skip)
        if self._display:
            self._display.show(screen, self._clock.now_s())
        speech = speech_of(screen)
        if self.speaker and speech != self._speech:
            self._speech = speech
            self.speaker.put(speech)
