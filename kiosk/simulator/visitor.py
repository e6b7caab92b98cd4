"""One simulated visitor: sees the screen, acts on sensors and doors, and tells in the end what happened.

Rule 1: a visitor knows what the screen shows (the phase), and can try the door; nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.flow.state import Outcome, Situation, State
from kiosk.model import Phase, Reason, Refer
from kiosk.simulator.booth import SimulatedBooth, scene_of
from kiosk.simulator.personas import Persona
from kiosk.simulator.phone import Scene

LOOK_S = 0.2
"""How often a visitor looks at the screen."""

WALK_S = 0.8
RAISE_S = 1.4
READ_S = 2.5
PRESS_S = 0.3
GIVES_UP_S = 240.0


@dataclass(frozen=True, slots=True)
class Ending:
    """How a visit went: by the machine's own account, and whether the person got through the door."""

    person: Persona
    visit: int
    outcome: Outcome | None
    reason: Reason | None
    entered: bool

    @property
    def as_scripted(self) -> bool:
        """Whether all of it is what the script expects."""
        expected = (self.person.outcome, self.person.reason, self.person.enters)
        return (self.outcome, self.reason, self.entered) == expected


class Visitor:
    """One person from arrival to leaving; `look` is called every `LOOK_S`."""

    def __init__(self, person: Persona, booth: SimulatedBooth, seed: int, now_s: float) -> None:
        self.person = person
        self.entered = False
        self.visit = 0
        self._booth = booth
        self._seed = seed
        self._came_at_s = now_s
        self._phase: Phase | None = None
        self._phase_at_s = now_s
        self._held_up = False
        self._gone_at_s: float | None = None
        self._acts: dict[Phase, Callable[[State, float], None]] = {
            Phase.DISINFECTING: self._in_chamber,
            Phase.MEASURING: self._at_thermometer,
            Phase.SCANNING: self._at_camera,
            Phase.ADMITTING: self._at_door,
            Phase.REFERRING: self._reads,
        }
        booth.set("presence", active=True)

    def look(self, state: State, now_s: float) -> None:
        """See what the screen says now, and do it."""
        if self._gone_at_s is not None:
            return
        if state.visit:
            self.visit = state.visit.number
        if state.phase is not self._phase:
            self._phase, self._phase_at_s = state.phase, now_s
        if (
            self.person.leaves_in is state.phase
            or now_s - self._came_at_s > GIVES_UP_S
            or (state.phase is Phase.IDLE and self.visit)
        ):
            self.leave(now_s)
        else:
            self._act(state, now_s)

    def leave(self, now_s: float) -> None:
        """Walk away; the booth are as they were."""
        for name in ("presence", "skip", "officer", "passage", "door_contact"):
            self._booth.set(name, active=False)
        self._booth.face(None)
        self._booth.show(Scene())
        self._gone_at_s = now_s

    def is_over(self, state: State, now_s: float) -> bool:
        """Whether the person is gone and the machine has noticed."""
        noticed = not state.presence.seen and state.visit is None
        return self._gone_at_s is not None and noticed and now_s > self._gone_at_s

    def ending(self, state: State) -> Ending:
        """How it went, once it is over."""
        ended = state.ended if state.ended and state.ended.number == self.visit else None
        refused = ended is not None and ended.outcome is Outcome.REFERRED
        verdict = ended.verdict if ended and refused else None
        reason = verdict.reason if isinstance(verdict, Refer) else None
        return Ending(self.person, self.visit, ended.outcome if ended else None, reason, self.entered)

    def _act(self, state: State, now_s: float) -> None:
        close = state.situation in (Situation.FIRST_READING, Situation.SECOND_READING)
        self._booth.face(self._skin_c(state) if close else None)
        act = self._acts.get(state.phase)
        if act:
            act(state, now_s)

    def _skin_c(self, state: State) -> float:
        again = state.situation is Situation.SECOND_READING
        return self.person.skin_c[1 if again else 0]

    def _in_chamber(self, _state: State, now_s: float) -> None:
        if self.person.skips:
            self._booth.set("skip", active=now_s - self._phase_at_s < PRESS_S + LOOK_S)

    def _at_thermometer(self, _state: State, _now_s: float) -> None:
        """Standing close is all there is to do; `_act` does it."""

    def _at_camera(self, state: State, now_s: float) -> None:
        if now_s - self._phase_at_s < RAISE_S:
            self._booth.show(scene_of(self.person.holds, b"", self._seed))
            return
        told_it_is_none = state.visit is not None and state.visit.verdict is not None
        shows = self.person.shows[-1:] if told_it_is_none else self.person.shows
        self._booth.show(scene_of(self.person.holds, shows[0] if shows else b"", self._seed))

    def _at_door(self, _state: State, now_s: float) -> None:
        since_s = now_s - self._phase_at_s
        if not self._held_up and self._booth.unlocked and since_s >= WALK_S:
            self._held_up = True
            self._booth.set("door_contact", active=True)
        elif self._held_up and not self.entered:
            self.entered = True
            self._booth.set("passage", active=True)
        elif self.entered:
            self.leave(now_s)

    def _reads(self, _state: State, now_s: float) -> None:
        since_s = now_s - self._phase_at_s
        if self.person.officer_admits:
            self._booth.set("officer", active=1.0 <= since_s < 1.0 + PRESS_S + LOOK_S)
        elif since_s >= READ_S:
            self.leave(now_s)
