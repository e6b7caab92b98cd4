"""The walkers: people who see the visitor's screen and act on it.

A walker knows what the screen shows, which bodies stand in view, and whether a door is open, and never the state of the
kiosk. An *honest* walker does what the screen says. *hurried* and *slow* walkers are honest with other reaction times.
A walker that *never moves* walks in and stands still. A walker that *follows* somebody walks in and through behind
them, as a child behind a parent does. One that *joins* somebody steps in together with them and then is honest.
*scripted* walkers do nothing by themselves.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.display import keys
from kiosk.display.screens import SECOND_TRY, TRY_AGAIN, Screen
from kiosk.model import Clock, Phase
from kiosk.simulator.worlds.bodies import Body, Spot
from kiosk.simulator.worlds.premises import CROSS_S, Premises
from kiosk.simulator.worlds.story import LED, StoryPerson

ASKS_FOR_ANOTHER = frozenset(keys.hint(name) for name in ("not_a_credential", "expired", "status_unknown"))
"""Notices that ask for another code."""

ASKS_FOR_CODE = "idle.code"
"""The instruction of a kiosk without a presence sensor, at which a code begins the visit."""

USUAL_REACTION_S = 0.7
REACTIONS_S = {"hurried": 0.2, "follows": 0.4, "joins": 0.5, "slow": 2.5}
"""Time from a change of the screen to the act."""

READ_S = 3.0
"""Time for which a referral is read before the visitor leaves."""

ANSWER_S = 1.3
"""Time to read a question and to move the hand to the switch."""

FETCH_S = 6.0
"""Time from a referral until somebody who had to fetch the phone shows the code."""

AGAIN_S = 1.0
"""Time between tries of what did not work: a door that is locked, an entrance that is busy."""

IDLE_PATIENCE_S = 45.0
"""A visitor in the chamber leaves when the screen shows for so long what it shows when nobody is there."""

PATIENCE_S = 300.0
"""An honest visitor leaves when nothing happens for this long."""


@dataclass(slots=True)
class Fate:
    """The fate of a walker, as the walker saw it.

    next_since_s: nobody stands before them in the queue since then. unseen: they stepped in so soon after somebody else
    had left the chamber that no wire shows the change.
    """

    next_since_s: float | None = None
    stepped_in_s: float | None = None
    through_s: float | None = None
    sent_on_s: float | None = None
    gave_up_s: float | None = None
    unseen: bool = False

    @property
    def over(self) -> bool:
        """True once the walker wants nothing more."""
        return self.through_s is not None or self.sent_on_s is not None or self.gave_up_s is not None


class Walker:
    """One person who acts; `screen` returns what the screen shows now, and `scan` is called with a code on it."""

    def __init__(
        self,
        persona: StoryPerson,
        body: Body,
        premises: Premises,
        clock: Clock,
        screen: Callable[[], Screen | None],
        leader: Body | None,
        queue: deque["Walker"],
        scan: Callable[[Body, str], None],
    ) -> None:
        self.persona = persona
        self.body = body
        self.fate = Fate()
        self._premises = premises
        self._clock = clock
        self._screen = screen
        self._leader = leader
        self._queue = queue
        self._scan = scan
        self._reaction_s = REACTIONS_S.get(persona.behaves, USUAL_REACTION_S)
        self._turn = 0
        self._leaving = False
        self._refused = False
        self._fetched_s: float | None = None
        self._will_return = False
        self.has_returned = False

    @property
    def wants_nothing(self) -> bool:
        """True if this person does nothing more, unless a line moves them or the person whom they follow moves."""
        behaves, fate = self.persona.behaves, self.fate
        has_stood_there = behaves == "never_moves" and fate.stepped_in_s is not None
        is_moved = behaves in ("scripted", *LED)
        return not (self.body.moving or self._will_return) and (fate.over or has_stood_there or is_moved)

    def start(self) -> None:
        """Come to the street door in time."""
        if self.persona.behaves != "scripted":
            self._later(max(self.persona.arrives_s, 0.0), self._arrive)

    def _arrive(self) -> None:
        if self._leader is not None and not self.has_returned:
            self.act()
            return
        self._queue.append(self)
        if self._queue[0] is self:
            self._be_next()

    def _be_next(self) -> None:
        self.fate.next_since_s = self._clock.now_s()
        self.act()

    def screen_changed(self) -> None:
        """See another screen, and act on it after the reaction time."""
        if self.persona.behaves not in ("scripted", "follows") and self.body.spot is Spot.CHAMBER:
            self._later(self._reaction_s, self.act)

    def act(self) -> None:
        """Do what follows from what can be seen now."""
        self._turn += 1
        if self.body.moving:
            self._later(CROSS_S, self.act)
        elif self._leader is not None and self.persona.behaves == "follows":
            self._follow(self._leader)
        elif self._leader is not None and not self.has_returned and self.fate.stepped_in_s is None:
            self._join(self._leader)
        elif self.body.spot is Spot.STREET:
            self._in_the_street()
        elif self.body.spot is Spot.CHAMBER:
            self._in_the_chamber()
        else:
            self.fate.through_s = self.fate.through_s or self._clock.now_s()

    def _in_the_street(self) -> None:
        """Wait at the head of the queue until the entrance is free and the screen invites, then step in."""
        waited_s = self._clock.now_s() - self.fate.next_since_s if self.fate.next_since_s is not None else 0.0
        if self.fate.over or self._leaving or waited_s > PATIENCE_S:
            self.fate.gave_up_s = self.fate.gave_up_s or self._clock.now_s()
            self._leave_queue()
            return
        screen, premises = self._screen(), self._premises
        inviting = screen is not None and screen.phase in (Phase.IDLE, Phase.DISINFECTING)
        busy = premises.street.open or premises.building.open or premises.is_taken(self.body)
        if not inviting or busy or not premises.steps_in(self.body):
            self._later(AGAIN_S, self.act)
            return
        self.fate.stepped_in_s = self._clock.now_s()
        self.fate.unseen = premises.hides_a_change
        self._later(CROSS_S + 2 * self._reaction_s, self.act)
        self._leave_queue()

    def _leave_queue(self) -> None:
        if self in self._queue:
            self._queue.remove(self)
            if self._queue:
                self._later(AGAIN_S, self._queue[0]._be_next)

    def _in_the_chamber(self) -> None:
        screen = self._screen()
        if screen is None or self.persona.behaves == "never_moves":
            return
        now_s = self._clock.now_s()
        self._premises.faces(self.body, screen.icon == "forehead" or self._premises.same_spot)
        self.body.shows = self._codes(screen)
        if screen.venue_code:
            self._scan(self.body, screen.venue_code)
        if screen.phase is Phase.DISINFECTING and self.persona.declines and screen.countdown:
            self._premises.press("skip", self.body.name)
        elif screen.phase is Phase.ASKING:
            self._later(ANSWER_S, lambda: self._answer(screen.headline))
        elif screen.phase is Phase.ADMITTING:
            self._premises.goes_in(self.body)
            self._later(AGAIN_S, self.act)
        elif screen.phase is Phase.REFERRING:
            self._read_referral(screen)
        elif screen.phase is Phase.IDLE:
            turn = self._turn
            self._later(IDLE_PATIENCE_S, lambda: self._leave_unnoticed(turn))
        elif screen.phase is Phase.EMERGENCY or (screen.phase is Phase.OUT_OF_SERVICE and not self._leaving):
            self._leaving = True
            self._later(self._reaction_s, lambda: self._premises.steps_out(self.body))
            self._later(self._reaction_s + 2.0, self.act)
        elif self.fate.stepped_in_s is not None and now_s - self.fate.stepped_in_s > PATIENCE_S:
            self._leaving = True
            self._premises.steps_out(self.body)
            self._later(2.0, self.act)

    def _codes(self, screen: Screen) -> tuple[str, ...]:
        """Return the codes that are held up while the screen is shown."""
        persona, asked = self.persona, screen.phase is Phase.SCANNING or screen.instruction == ASKS_FOR_CODE
        match persona.shows:
            case "early":
                meanwhile = screen.phase in (Phase.DISINFECTING, Phase.MEASURING, Phase.CHECKING)
                return persona.carries if asked or meanwhile else ()
            case "in_turn":
                self._refused = self._refused or screen.notice in ASKS_FOR_ANOTHER
                again = self._refused or screen.aside in (SECOND_TRY, TRY_AGAIN)
                return persona.carries[-1 if again else 0 :][:1] if asked or again else ()
            case "late":
                return self.body.shows if screen.phase is Phase.REFERRING else ()
            case _:
                return persona.carries if asked else ()

    def _answer(self, question: str) -> None:
        """Hold the hand before a switch, if the question is still on the screen. Whoever has a fever says so."""
        screen = self._screen()
        if screen and screen.headline == question and self.body.spot is Spot.CHAMBER:
            self._premises.press("yes" if self.body.feels_ill else "no", self.body.name)

    def _read_referral(self, screen: Screen) -> None:
        """Leave after a while; if the screen offers it, first show the code that had to be fetched."""
        turn, waits_s = self._turn, READ_S
        if (
            screen.aside in (SECOND_TRY, TRY_AGAIN)
            and self.persona.shows in ("in_turn", "late")
            and self.persona.carries
        ):
            waits_s = FETCH_S + READ_S + AGAIN_S
            if self._fetched_s is None:
                self._fetched_s = self._clock.now_s() + FETCH_S
                self._later(FETCH_S, self._show_fetched)
            elif self._clock.now_s() > self._fetched_s:
                waits_s = READ_S
        self._later(waits_s, lambda: self._leave_referred(turn))

    def _show_fetched(self) -> None:
        screen = self._screen()
        if screen and screen.phase is Phase.REFERRING and self.body.spot is Spot.CHAMBER:
            self.body.shows = self.persona.carries[-1:]

    def _leave_referred(self, turn: int) -> None:
        screen = self._screen()
        if turn == self._turn and screen and screen.phase is Phase.REFERRING and self.body.spot is Spot.CHAMBER:
            self.fate.sent_on_s = self._clock.now_s()
            self._premises.steps_out(self.body)
            if self.persona.returns_s is not None and not self.has_returned:
                self._will_return = True
                self._later(self.persona.returns_s, self._return)

    def _leave_unnoticed(self, turn: int) -> None:
        """Leave if nothing happened since `turn`."""
        if turn == self._turn and self.body.spot is Spot.CHAMBER:
            self._leaving = True
            self._premises.steps_out(self.body)
            self._later(2.0, self.act)

    def _return(self) -> None:
        """Come to the street door again, once."""
        self._will_return = False
        if self.body.spot is Spot.STREET and not self.body.moving:
            self.has_returned, self.fate = True, Fate()
            self._leaving = self._refused = False
            self._fetched_s = None
            if self.persona.returns_skin_c is not None:
                self.body.skin_c = self.persona.returns_skin_c
            self._arrive()

    def _join(self, leader: Body) -> None:
        """Step in at the moment at which the leader does."""
        is_stepping_in = leader.spot is Spot.STREET and leader.moving
        if is_stepping_in and self._premises.steps_in(self.body):
            self.fate.stepped_in_s = self._clock.now_s()
            self._later(CROSS_S + 2 * self._reaction_s, self.act)
        else:
            self._later(0.1, self.act)

    def _follow(self, leader: Body) -> None:
        spot, premises = self.body.spot, self._premises
        lets_in = premises.street.open or not premises.has_street_leaf
        if spot is Spot.STREET and leader.spot is Spot.CHAMBER and lets_in:
            premises.steps_in(self.body)
        elif spot is Spot.CHAMBER and leader.spot is not Spot.CHAMBER and not leader.moving:
            went_in = leader.spot is Spot.BUILDING and premises.goes_in(self.body)
            if not went_in:
                premises.steps_out(self.body)
        if spot is not Spot.BUILDING:
            self._later(0.3, self.act)

    def _later(self, for_s: float, action: Callable[[], None]) -> None:
        self._clock.call_at(self._clock.now_s() + for_s, action)
