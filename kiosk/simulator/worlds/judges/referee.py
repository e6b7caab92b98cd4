"""The referee: judges a world by bodies, pins, the visitor's screen and journal rows alone.

It knows no phase and no event of the flow. It holds a world to what a perfect booth with the same wiring could know.
For this it divides time into *stays*: a stay ends at each moment at which the wires prove that the people in the
chamber may have changed, that is when the street contact opens, or when the presence sensor reads nobody for longer
than it may lose a person (`linger_s`). Steps of an earlier stay count for nothing. Without a street contact and within
`linger_s`, no booth can see a swap, and the referee accuses none of it.
"""

from collections.abc import Callable

from kiosk.model import ChamberWhen, Clock, Phase, SkipRule, Step
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.worlds.bodies import Body, Leaf, Spot
from kiosk.simulator.worlds.codes import is_good
from kiosk.simulator.worlds.judges.airlock_judge import BUILDING, STREET, AirlockJudge
from kiosk.simulator.worlds.judges.journal_rows import JournalRows
from kiosk.simulator.worlds.judges.passage_judge import PassageJudge, UsedCodes
from kiosk.simulator.worlds.judges.spray_judge import SprayJudge
from kiosk.simulator.worlds.stay import SLACK_S, Broken, Stay, is_feverish

OFFICER_S = 1.5
"""An unlocking this long after the officer pressed is the officer's."""

FREED_S = 1.0
"""An emergency frees the door within this time."""


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
        tell: Callable[[str], None],
    ) -> None:
        self.broken: list[Broken] = []
        self.entered: list[str] = []
        self._settings = settings
        self._clock = clock
        self._start_s = start_s
        self._rows = rows
        self._tell = tell
        self.stay = self._stay = Stay(clock.now_s())
        self._inside: dict[str, Body] = {}
        self._active: dict[str, bool] = {}
        self._spray = SprayJudge(settings, clock, start_s, self._stay, self._inside, self._active, self.accuse)
        self._airlock = AirlockJudge(settings, clock, self._active, lambda: self._down or self._emergency, self.accuse)
        self.passages = PassageJudge(settings, clock, rows.passages, self.accuse)
        self._used = UsedCodes(settings, clock)
        self._presence_lost_s: float | None = None
        self._officer_s = -1e9
        self._emergency = False
        self._emergency_s = -1e9
        self._unlocked_since_s: float | None = None
        self._stay_at_unlock: float | None = None
        self._unlock_is_lawful = True
        self._leaf_opened_lawfully = False
        self._leaf_closed_s = -1e9
        self.admissions = 0
        self._down = True

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
        free = self._emergency or self._active.get("service", False)
        self.passages.goes_through(body, left, down=self._down, free=free)
        if body.spot is Spot.BUILDING:
            self._entered(body)

    def leaf_moved(self, leaf: Leaf) -> None:
        """A leaf opened or closed."""
        self._tell(f"the {leaf.name} door {'opens' if leaf.open else 'closes'}")
        self._airlock.leaf_moved(leaf)
        if leaf.name != "building":
            return
        self.passages.leaf_moved(leaf.open)
        now_s = self._clock.now_s()
        if not leaf.open:
            self._leaf_closed_s = now_s
        elif now_s - self._leaf_closed_s > SLACK_S:  # no contact notices a leaf that is caught while it falls shut
            same_stay = self._stay_at_unlock == self._stay.since_s
            by_kiosk = self._unlocked_since_s is not None and not self._down and not self._emergency
            self._leaf_opened_lawfully = not by_kiosk or (
                self._unlock_is_lawful and (same_stay or self._stay_at_unlock is None)
            )

    def wire_moved(self, name: str, active: bool) -> None:
        """A wire changed its level."""
        now_s = self._clock.now_s()
        self._active[name] = active
        self._airlock.wire_moved(name, active)
        if name == "presence":
            self._presence_moved(active, now_s)
        elif name == "street_contact":
            self._spray.street_contact_moved(active, now_s)
        elif name == "emergency" and active and not self._down:
            self._emergency_raised(now_s)

    def lock_moved(self, unlocked: bool) -> None:
        """The lock of the building door was released or locked."""
        now_s = self._clock.now_s()
        self._tell(f"the building door is {'unlocked' if unlocked else 'locked'}")
        self._airlock.lock_moved(BUILDING, unlocked)
        if self._down:
            return
        self.passages.unlocked(unlocked and not self._emergency)
        if not unlocked:
            self._check_hold(now_s)
            self._unlocked_since_s = None
            if self._emergency and now_s - self._officer_s <= OFFICER_S and not self._active.get("emergency"):
                self._emergency = False
            elif self._emergency:
                self.accuse("an emergency keeps the door free", "the door was locked before the officer's reset")
            return
        self._unlocked_since_s = now_s
        self._stay_at_unlock = self._stay.since_s
        if self._emergency:
            self._unlock_is_lawful = True
            return
        by_officer = now_s - self._officer_s <= OFFICER_S
        if by_officer:
            self._stay_at_unlock = None  # the officer lets in whoever comes
        self._used.unlocked(set() if by_officer else self._stay.good_codes)
        self._spray.account(now_s)
        undone = [] if by_officer else self._undone(self._stay)
        before = self._stay.before
        recently = before is not None and now_s - self._stay.since_s <= SLACK_S
        if undone and before and recently and not set(undone) & set(self._undone(before)):
            # the wire that ended the stay was not debounced yet; the door must be locked as soon as it is
            self._stay_at_unlock, undone = before.since_s, []
            self._clock.call_at(now_s + SLACK_S, lambda: self._check_locked_again(now_s))
        self._unlock_is_lawful = not undone
        if undone:
            people = f"{' and '.join(sorted(self._inside)) or 'nobody'} in the chamber"
            self.accuse("unlocked only after every step", f"{people}; not done: {', '.join(undone)}")
        self._admitted()

    def _admitted(self) -> None:
        """Check that the row of this admission is durable."""
        self.admissions += 1
        rows = self._rows.admitted()
        if rows < self.admissions:
            self.accuse("a durable row before the door is unlocked", f"{rows} rows for {self.admissions} admissions")
            self.admissions = rows

    def street_lock_moved(self, unlocked: bool) -> None:
        """The lock of the street door was released or locked."""
        self._tell(f"the street door is {'unlocked' if unlocked else 'locked'}")
        self._airlock.lock_moved(STREET, unlocked)

    def cannot_leave(self, body: Body) -> None:
        """A body in the chamber could not open the street door."""
        self._airlock.cannot_leave(body.name)

    def pump_moved(self, runs: bool) -> None:
        """The pump was switched on or off."""
        self._tell(f"the pump {'starts' if runs else 'stops'}")
        self._spray.pump_moved(runs)

    def faced(self, body: Body | None) -> None:
        """The thermometer was read while `body` was in front of it."""
        if body and not is_feverish(self._settings, body.skin_c):
            self._stay.healthy_reads += 1

    def showed(self, code: str) -> None:
        """The camera saw a code."""
        if is_good(code):
            self._stay.good_codes.add(code)
        self._tell(f"the camera sees the code '{code}'")

    def pressed(self, button: str, body: str) -> None:
        """A button was pressed, a key turned, or the emergency raised."""
        self._tell(f"{body or 'somebody'} presses {button}")
        self.passages.pressed(button)
        if button == "officer":
            self._officer_s = self._clock.now_s()
        elif button == "skip":
            self._spray.skip_pressed(body)
        elif button == "street_exit":
            self._airlock.exit_pressed()

    def screen_says_spray(self, told: bool) -> None:
        """The screen began or ceased to announce the spray to whoever is in the chamber."""
        self._spray.screen_says(told)

    def screen_shows(self, phase: Phase | None) -> None:
        """The screen shows this phase now; None: it is dark."""
        self._airlock.screen_shows(phase)

    def kiosk_is_down(self) -> None:
        """The kiosk lost its power or was killed: nothing is announced, and physics decides about its lock."""
        self._spray.kiosk_is_down()
        self._airlock.screen_shows(None)
        self.passages.kiosk_is_down()
        self._down = True
        self._used.kiosk_is_down()
        if self._clock.now_s() - self._emergency_s < FREED_S:
            self._emergency = False  # it may have been too short to be written down

    def kiosk_is_up(self, unlocked: bool) -> None:
        """The kiosk holds its pins again; `unlocked` is the state in which it left the lock."""
        self._spray.kiosk_is_up()
        self.passages.kiosk_is_up()
        self._down = False
        self._unlocked_since_s = None
        if unlocked:
            self.lock_moved(True)
        if self._active.get("emergency"):
            self._emergency_raised(self._clock.now_s())

    def end(self) -> None:
        """The world is over."""
        now_s = self._clock.now_s()
        self._spray.account(now_s)
        self._check_hold(now_s)
        self.passages.end()

    # --- judging ----------------------------------------------------------------------------------------------------

    def _undone(self, stay: Stay) -> list[str]:
        undone = []
        settings = self._settings
        for step in settings.sequence:
            match step:
                case Step.TEMPERATURE:
                    if stay.healthy_reads < (settings.thermometer.settle_samples if settings.thermometer else 0):
                        undone.append("a healthy temperature")
                case Step.CREDENTIAL:
                    if not any(self.passages.is_spoiled or self._used.is_good(code) for code in stay.good_codes):
                        undone.append("a good credential")
                case Step.DISINFECT if settings.chamber.when is ChamberWhen.OCCUPIED:
                    if settings.chamber.skip is SkipRule.REFER and stay.pump_s < settings.chamber.spray_s - SLACK_S:
                        undone.append("the disinfection")
        return undone

    def _entered(self, body: Body) -> None:
        self.entered.append(body.name)
        self._used.entered()
        if self._emergency:
            return
        if not self._leaf_opened_lawfully:
            self.accuse("nobody enters who was not let in", f"{body.name} entered")

    def _presence_moved(self, active: bool, now_s: float) -> None:
        presence = self._settings.inputs.presence
        if not active:
            self._presence_lost_s = now_s
        elif self._presence_lost_s is not None and presence:
            if now_s - self._presence_lost_s > presence.linger_s + SLACK_S:
                self._spray.stay_ended(now_s)
            self._spray.presence_came_back(now_s)
            self._presence_lost_s = None

    def _emergency_raised(self, now_s: float) -> None:
        self._emergency, self._emergency_s = True, now_s
        self._clock.call_at(now_s + FREED_S, self._check_freed)

    def _check_freed(self) -> None:
        if not self._active.get("emergency") or self._down:
            return
        self._airlock.emergency_stands()
        if self._unlocked_since_s is None:
            self.accuse("an emergency frees the door", f"it was locked {FREED_S} s after the input was raised")

    def _check_locked_again(self, unlocked_s: float) -> None:
        if self._unlocked_since_s == unlocked_s and not self._emergency:
            self.accuse("unlocked only after every step", "the people may have changed, and the door was not locked")

    def _check_hold(self, now_s: float) -> None:
        if self._unlocked_since_s is None or self._emergency:
            return
        held_s, limit_s = now_s - self._unlocked_since_s, self._settings.door.max_hold_s
        if held_s > limit_s + SLACK_S:
            self.accuse("the lock keeps its limit", f"unlocked for {held_s:.1f} s; the limit is {limit_s:.1f} s")

    def accuse(self, promise: str, seen: str) -> None:
        """Note a broken promise."""
        self.broken.append(Broken(self._clock.now_s() - self._start_s, promise, seen))
        self._tell(f"BROKEN: {promise}: {seen}")
