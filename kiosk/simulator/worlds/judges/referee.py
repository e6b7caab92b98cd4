"""The referee: judges a world by bodies, pins, the visitor's screen and journal rows alone.

It knows no phase and no event of the flow. It holds a world to what a perfect booth with the same wiring could know.
For this it divides time into *stays*: a stay ends at each moment at which the wires prove that the people in the
chamber may have changed, that is when the street contact opens, or when the presence sensor reads nobody for longer
than it may lose a person (`linger_s`). Steps of an earlier stay count for nothing. Without a street contact and within
`linger_s`, no booth can see a swap, and the referee accuses none of it.
"""

from collections.abc import Callable

from kiosk.model import Clock, Phase, Reason
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.worlds.bodies import Body, Leaf, Spot
from kiosk.simulator.worlds.codes import is_good, is_of_app
from kiosk.simulator.worlds.judges.airlock_judge import BUILDING, STREET, AirlockJudge
from kiosk.simulator.worlds.judges.blindness import Blindness
from kiosk.simulator.worlds.judges.code_judge import CodeJudge
from kiosk.simulator.worlds.judges.door_judge import door_judges
from kiosk.simulator.worlds.judges.fever_judge import FeverJudge
from kiosk.simulator.worlds.judges.journal_rows import JournalRows
from kiosk.simulator.worlds.judges.passage_judge import PassageJudge
from kiosk.simulator.worlds.judges.spray_judge import SprayJudge
from kiosk.simulator.worlds.judges.unlock_judge import UnlockJudge
from kiosk.simulator.worlds.stay import SLACK_S, Broken, Stay

FREED_S = 1.0
"""An emergency frees the door within this time."""

UNWRITTEN_S = 10.0
"""The officer's reset may not be durable yet when the power fails so soon after it; then the emergency still stands."""

UNDECIDED = frozenset({None, Phase.STARTING, Phase.MAINTENANCE, Phase.OUT_OF_SERVICE, Phase.ADMITTING})
"""The phases that the screen may show after the start before the journal has told whether an emergency stands."""


class Referee:
    """Hears what happens from the premises (it is their `Witness`) and keeps the list of broken promises.

    rows: reads the journal's file.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        start_s: float,
        rows: JournalRows,
        blindness: Blindness,
        tell: Callable[[str], None],
    ) -> None:
        self.broken: list[Broken] = []
        self.entered: list[str] = []
        self._settings = settings
        self._clock = clock
        self._start_s = start_s
        self._tell = tell
        self._rows, self._card_stalls = rows, blindness.card
        self.stay = stay = Stay(clock.now_s())
        self._inside: dict[str, Body] = {}
        self._active: dict[str, bool] = {}
        self._spray = SprayJudge(settings, clock, start_s, stay, self._inside, self._active, self.accuse)
        excused = lambda: self._is_free  # noqa: E731
        self._airlock = AirlockJudge(settings, clock, self._active, rows, blindness, excused, self.accuse)
        self._passages = PassageJudge(settings, clock, rows, self.accuse, is_spoiled=blindness.passages)
        self._codes = CodeJudge(settings, clock, is_spoiled=blindness.passages, checks_late_s=blindness.checks_late_s)
        self.fever = FeverJudge(settings, stay, doubtful=blindness.thermometer)
        self._doors = dict(door_judges(settings, clock, rows, blindness, self.accuse))
        self._unlock = UnlockJudge(settings, clock, stay, self._inside, rows, self._codes, self.accuse)
        self._presence_lost_s: float | None = None
        self._emergency = False
        self._emergency_s = self._reset_s = -1e9
        self._emergency_is_doubtful = False
        self._down = True

    @property
    def admissions(self) -> int:
        """The number of times that the kiosk unlocked the building door outside emergencies."""
        return self._unlock.admissions

    @property
    def _people_go_freely(self) -> bool:
        """True in an emergency and under the service key, when people go through the door without an admission."""
        return self._emergency or self._active.get("service", False)

    @property
    def _is_free(self) -> bool:
        """True in an emergency and while the kiosk is down, when physics decides."""
        return self._down or self._emergency

    # --- heard from the premises ------------------------------------------------------------------------------------

    def moved(self, body: Body, left: Spot) -> None:
        """A body changed its spot."""
        now_s = self._clock.now_s()
        self._spray.account(now_s)
        if Spot.STREET in (left, body.spot):
            self._spray.passed_street_door(body.name, body.spot is Spot.CHAMBER)
        if body.spot is Spot.CHAMBER:
            self._inside[body.name] = body
        else:
            self._inside.pop(body.name, None)
        self._tell(f"{body.name} goes from the {left.value} to the {body.spot.value}")
        surely = self._passages.goes_through(body, left, down=self._down, free=self._people_go_freely)
        if body.spot is Spot.BUILDING:
            self.entered.append(body.name)
            self._codes.entered(surely=surely)
            self._unlock.entered(body, in_emergency=self._emergency)

    def leaf_moved(self, leaf: Leaf) -> None:
        """A leaf opened or closed."""
        self._tell(f"the {leaf.name} door {'opens' if leaf.open else 'closes'}")
        self._airlock.leaf_moved(leaf)
        if leaf.name in self._doors:
            self._doors[leaf.name].leaf_moved(leaf)
        if leaf.name == BUILDING:
            self._passages.leaf_moved(leaf.open, free=self._people_go_freely)
            seems_open = self._active.get("door_contact", False)
            self._unlock.leaf_moved(leaf, is_free=self._is_free, seems_open=seems_open)
            if leaf.open:
                self._codes.leaf_opened()

    def wire_moved(self, name: str, active: bool) -> None:
        """A wire changed its level."""
        now_s, was_active = self._clock.now_s(), self._active.get(name, False)
        self._active[name] = active
        if active and not was_active:
            self._button_closed(name)
        self._airlock.wire_moved(name, active)
        self._passages.wire_moved(name, active)
        self._spray.wire_moved()
        if name == "presence":
            self._presence_moved(active, now_s)
        elif name == "street_contact":
            self._spray.street_contact_moved(active, now_s)
        elif name == "emergency" and active and not self._down:
            self._emergency_raised(now_s)

    def lock_moved(self, unlocked: bool) -> None:
        """The lock of the building door was released or locked."""
        self._tell(f"the building door is {'unlocked' if unlocked else 'locked'}")
        self._airlock.lock_moved(BUILDING, unlocked)
        if BUILDING in self._doors:
            self._doors[BUILDING].lock_moved(unlocked)
        if self._down:
            return
        self._passages.unlocked(unlocked and not self._emergency)
        if not unlocked:
            self._codes.locked()
            self._unlock.locked(in_emergency=self._emergency)
            if self._emergency and self._unlock.by_officer and not self._active.get("emergency"):
                self._emergency, self._reset_s = False, self._clock.now_s()
            elif self._emergency:
                self.accuse("an emergency keeps the door free", "the door was locked before the officer's reset")
        elif self._emergency or self._emergency_is_doubtful:
            self._emergency = True
            self._unlock.freed()
        else:
            self._admitted()

    def street_lock_moved(self, unlocked: bool) -> None:
        """The lock of the street door was released or locked."""
        self._tell(f"the street door is {'unlocked' if unlocked else 'locked'}")
        self._airlock.lock_moved(STREET, unlocked)
        if STREET in self._doors:
            self._doors[STREET].lock_moved(unlocked)

    def cannot_leave(self, body: Body) -> None:
        """A body in the chamber could not open the street door."""
        self._airlock.cannot_leave(body.name)

    def pump_moved(self, runs: bool) -> None:
        """The pump was switched on or off."""
        self._tell(f"the pump {'starts' if runs else 'stops'}")
        self._spray.pump_moved(runs)

    def faced(self, body: Body | None) -> None:
        """The thermometer was read while `body` was in front of it."""
        if body and self.fever.faced(body):
            self.stay.healthy_reads += 1

    def showed(self, code: str, *, again: bool = False) -> None:
        """The camera saw a code. `again`: it saw it in the picture before this one too."""
        if is_good(code):
            self.stay.good_codes.add(code)
            self._codes.showed(code)
        elif is_of_app(code):
            self.stay.app_codes.add(code)
            self._codes.showed(code)
        if not again:
            self._tell(f"the camera sees the code '{code}'")

    def pressed(self, button: str, body: str) -> None:
        """A button was pressed, a key turned, or the emergency raised."""
        self._tell(f"{body or 'somebody'} presses {button}")
        if button == "skip":
            self._spray.skip_pressed(body)

    def screen_says_spray(self, told: bool) -> None:
        """The screen began or ceased to announce the spray to whoever is in the chamber."""
        self._spray.screen_says(told)

    def screen_shows(self, phase: Phase | None, referral: Reason | None = None) -> None:
        """The screen shows this phase now, and the reason of a referral; None: it is dark."""
        if phase not in UNDECIDED:
            self._emergency_is_doubtful = False
        elif phase is Phase.ADMITTING and self._emergency and self._emergency_is_doubtful:
            self._emergency = False  # it was the officer who unlocked the door
            self._admitted()
        self._airlock.screen_shows(phase)
        self._passages.screen_shows(phase)
        for judge in self._doors.values():
            judge.screen_shows(phase)
        if phase is Phase.IDLE:
            self._codes.visit_ended()
        elif referral is Reason.FEVER:
            self._codes.sent_away_for_fever(self.stay)

    def kiosk_is_down(self) -> None:
        """The kiosk lost its power or was killed: nothing is announced, and physics decides about its lock."""
        now_s = self._clock.now_s()
        self.screen_shows(None)
        for judge in (self._spray, self._passages, self._codes, self.fever):
            judge.kiosk_is_down()
        self._down = True
        # the row of an emergency, or of its reset, may have come too late: after the restart either may hold
        is_new, is_reset_new = now_s - self._emergency_s < FREED_S, now_s - self._reset_s < UNWRITTEN_S
        self._emergency = self._emergency and not is_new
        self._emergency_is_doubtful = self._emergency_is_doubtful or is_new or is_reset_new

    def kiosk_is_up(self, unlocked: bool) -> None:
        """The kiosk holds its pins again; `unlocked` is the state in which it left the lock."""
        for judge in (self._spray, self._passages, self._unlock, self._airlock):
            judge.kiosk_is_up()
        self._down = False
        if self._emergency and self._card_stalls and not self._rows.emergency_stands():
            self._emergency, self._emergency_is_doubtful = False, True  # the card never took its row, or only a part
        if unlocked:
            self.lock_moved(True)
        if self._active.get("emergency"):
            self._emergency_raised(self._clock.now_s())

    def end(self) -> None:
        """The world is over."""
        self._spray.account(self._clock.now_s())
        if not self._emergency:
            self._unlock.check_hold()
        self._airlock.end()
        self._passages.end()
        for judge in self._doors.values():
            judge.end()

    # --- judging ----------------------------------------------------------------------------------------------------

    def _button_closed(self, name: str) -> None:
        """The wire of an input began to be active: a button was pressed, or its wire is shorted."""
        self._passages.pressed(name)
        for judge in self._doors.values():
            judge.pressed(name)
        if name == "officer":
            self._unlock.officer_pressed()
        elif name == "skip":
            self._spray.skip_wire_closed()
        elif name == "no":
            self.stay.noes += 1

    def _presence_moved(self, active: bool, now_s: float) -> None:
        presence = self._settings.inputs.presence
        if not active:
            self._presence_lost_s = now_s
        elif self._presence_lost_s is not None and presence:
            if now_s - self._presence_lost_s > presence.linger_s + SLACK_S:
                self._spray.stay_ended(now_s)
            self._spray.presence_came_back(now_s)
            self._presence_lost_s = None

    def _admitted(self) -> None:
        self._spray.account(self._clock.now_s())
        self._unlock.unlocked()

    def _emergency_raised(self, now_s: float) -> None:
        self._emergency, self._emergency_s = True, now_s
        self._clock.call_at(now_s + FREED_S, self._check_freed)

    def _check_freed(self) -> None:
        if not self._active.get("emergency") or self._down:
            return
        self._airlock.emergency_stands()
        if not self._unlock.is_unlocked:
            self.accuse("an emergency frees the door", f"it was locked {FREED_S} s after the input was raised")

    def accuse(self, promise: str, seen: str) -> None:
        """Note a broken promise."""
        self.broken.append(Broken(self._clock.now_s() - self._start_s, promise, seen))
        self._tell(f"BROKEN: {promise}: {seen}")
