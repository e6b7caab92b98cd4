"""One simulated visitor: reads the screen, acts on sensors and doors, and reports the ending of the visit.

Rule: a visitor knows what a visitor can know: what the screen shows, and whether the door opens.
"""

from dataclasses import dataclass

from kiosk.flow.state import Outcome, Situation, State
from kiosk.model import Phase, Reason, Refer
from kiosk.simulator.booth import SimulatedBooth, scene_of
from kiosk.simulator.people.personas import Persona
from kiosk.simulator.people.phone import Scene

LOOK_S = 0.2
"""The time between two looks of a visitor at the screen."""

WALK_S = 0.8
"""Time to walk to the door."""

RAISE_S = 1.4
"""Time to take out the phone or card."""

READ_S = 2.5
"""Time to read a referral before walking away."""

CALL_OFFICER_S = 1.0
PRESS_S = 0.3
"""Time until the officer presses the button, and how long a button is pressed."""

SHOWING = frozenset({Phase.DISINFECTING, Phase.MEASURING, Phase.ASKING, Phase.SCANNING, Phase.REFERRING})
"""Phases in which a visitor may hold up a code."""

ANSWER_S = 1.5
"""Time to read a question and to move the hand to the switch."""

GIVES_UP_S = 240.0
"""A visitor walks away after this time."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a visit: outcome and reason by the kiosk's account, and whether the visitor got through the door.

    came_at_s: when the visitor stepped in, in monotonic seconds.
    """

    persona: Persona
    visit: int
    outcome: Outcome | None
    reason: Reason | None
    entered: bool
    came_at_s: float

    @property
    def as_scripted(self) -> bool:
        """True if outcome, reason and entering are those of the script."""
        expected = (self.persona.outcome, self.persona.reason, self.persona.enters)
        return (self.outcome, self.reason, self.entered) == expected


class Visitor:
    """One visitor from arrival to leaving. `seed` determines the drawing of the visitor; `now_s` is the arrival."""

    def __init__(self, persona: Persona, booth: SimulatedBooth, seed: int, now_s: float) -> None:
        self.persona = persona
        self.entered = False
        self.visit = 0
        self._booth = booth
        self._seed = seed
        self._came_at_s = now_s
        self._phase: Phase | None = None
        self._question = 0
        self._phase_at_s = now_s
        self._door_open = False
        self._tried = False
        self._left_at_s: float | None = None
        booth.set("street_contact", active=booth.has_airlock)
        booth.set("presence", active=True)

    def look(self, state: State, now_s: float) -> None:
        """Read the screen and act. To be called every `LOOK_S` seconds.

        The street door of an airlock falls shut behind the visitor at the first look after coming or leaving.
        """
        for name in ("street_contact", "street_exit"):
            self._booth.set(name, active=False)
        if self._left_at_s is not None:
            return
        if state.visit:
            self.visit = state.visit.number
        question = state.visit.answered if state.visit and state.phase is Phase.ASKING else 0
        if (state.phase, question) != (self._phase, self._question):
            self._phase, self._question, self._phase_at_s = state.phase, question, now_s
        if (
            self.persona.leaves_in is state.phase
            or now_s - self._came_at_s > GIVES_UP_S
            or (state.phase is Phase.IDLE and self.visit)
        ):
            self.leave(now_s)
        else:
            self._act(state, now_s)

    def leave(self, now_s: float) -> None:
        """Walk away; all sensors and doors return to rest. The way out of an airlock is the exit of its street door."""
        for name in ("street_exit", "street_contact"):
            self._booth.set(name, active=self._booth.has_airlock and not self.entered)
        for name in ("presence", "skip", "yes", "no", "officer", "passage", "door_contact"):
            self._booth.set(name, active=False)
        self._booth.face(None)
        self._booth.show(Scene())
        self._left_at_s = now_s

    def has_phone(self, state: State, now_s: float) -> bool:
        """Return True if the phone for the venue's code is in the hand: at once, or some time after a referral."""
        fetches_s = self.persona.fetches_s
        return fetches_s is None or (state.phase is Phase.REFERRING and now_s - self._phase_at_s >= fetches_s)

    def is_over(self, state: State, now_s: float) -> bool:
        """Return True if the visitor has left and the kiosk has noticed it."""
        noticed = not state.presence.seen and state.visit is None
        return self._left_at_s is not None and noticed and now_s > self._left_at_s

    def ending(self, state: State) -> Ending:
        """Return the ending of the visit, once it is over."""
        ended = state.ended if state.ended and state.ended.number == self.visit else None
        referred = ended is not None and ended.outcome is Outcome.REFERRED
        verdict = ended.verdict if ended and referred else None
        reason = verdict.reason if isinstance(verdict, Refer) else None
        return Ending(self.persona, self.visit, ended.outcome if ended else None, reason, self.entered, self._came_at_s)

    def _act(self, state: State, now_s: float) -> None:
        since_s = now_s - self._phase_at_s
        self._face_thermometer(state)
        self._answer(state, since_s)
        if state.phase in SHOWING:
            self._booth.show(scene_of(self.persona.holds, self._code(state, since_s), self._seed))
        match state.phase:
            case Phase.DISINFECTING if self.persona.skips:
                self._booth.set("skip", active=since_s < PRESS_S + LOOK_S)
            case Phase.ADMITTING:
                self._walk_through_the_door(now_s, since_s)
            case Phase.REFERRING if self.persona.officer_admits:
                pressed = CALL_OFFICER_S <= since_s < CALL_OFFICER_S + PRESS_S + LOOK_S
                self._booth.set("officer", active=pressed)
            case Phase.REFERRING if since_s >= READ_S and self.persona.fetches_s is None:
                self.leave(now_s)

    def _face_thermometer(self, state: State) -> None:
        """Stand before the thermometer when the screen asks for it; where all spots are the same, always."""
        asked = state.situation in (Situation.FIRST_READING, Situation.SECOND_READING)
        first_c, second_c = self.persona.skin_c
        skin_c = second_c if state.situation is Situation.SECOND_READING else first_c
        self._booth.face(skin_c if asked or self._booth.same_spot else None)

    def _answer(self, state: State, since_s: float) -> None:
        """Hold the hand before one of the two switches when a question is asked."""
        says_yes = self.persona.says[self._question :][:1] == (True,)
        asked = state.phase is Phase.ASKING and not self.persona.is_mute
        at_switch = asked and ANSWER_S <= since_s < ANSWER_S + PRESS_S
        for name, yes in (("yes", True), ("no", False)):
            self._booth.set(name, active=at_switch and says_yes is yes)

    def _code(self, state: State, since_s: float) -> bytes:
        """Return the code that is held up now; empty for none."""
        persona, shows = self.persona, self.persona.shows
        if not shows:
            return b""
        if state.phase is Phase.REFERRING:
            return shows[-1] if persona.fetches_s is not None and since_s >= persona.fetches_s else b""
        if persona.fetches_s is not None and len(shows) == 1:
            return b""
        self._tried = self._tried or (state.visit is not None and state.visit.notice == Reason.NOT_A_CREDENTIAL.value)
        asked = state.phase is Phase.SCANNING and since_s >= RAISE_S
        return shows[-1 if self._tried else 0] if asked or persona.ready else b""

    def _walk_through_the_door(self, now_s: float, since_s: float) -> None:
        """Open the door if it is unlocked, pass it at the next look, and be gone at the one after."""
        if not self._door_open and self._booth.unlocked and since_s >= WALK_S:
            self._door_open = True
            self._booth.set("door_contact", active=True)
        elif self._door_open and not self.entered:
            self.entered = True
            self._booth.set("passage", active=True)
        elif self.entered:
            self.leave(now_s)
