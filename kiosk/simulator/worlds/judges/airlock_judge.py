"""The judge of the airlock: which doors are unlocked and open at the same time, who comes in, who cannot get out.

No kiosk can keep both doors from standing open: each opens at any time by its exit from inside, or by force, and a
magnet without a handle frees the street door for everybody when somebody uses its exit. What a kiosk can do is
demanded: an open door keeps the other one locked, unless its exit was just used, and two open doors are told.
"""

from collections.abc import Callable

from kiosk.model import Clock, Phase
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.worlds.bodies import Leaf
from kiosk.simulator.worlds.judges.blindness import Blindness
from kiosk.simulator.worlds.judges.journal_rows import JournalRows
from kiosk.simulator.worlds.stay import SLACK_S

SERVING = frozenset(
    {Phase.DISINFECTING, Phase.MEASURING, Phase.SCANNING, Phase.CHECKING, Phase.ADMITTING, Phase.REFERRING}
)
"""While the screen shows one of these, the entry is locked."""

BUILDING, STREET = "building", "street"
CONTACTS = {BUILDING: "door_contact", STREET: "street_contact"}
NEVER_S = float("-inf")

FREELY = frozenset({Phase.STARTING, Phase.EMERGENCY, Phase.MAINTENANCE, None})
"""While the screen shows one of these, or nothing, both doors may stand open, and nobody needs to be told."""

BOTH_OPEN = "both_doors_open"
REPORT_S = 2.0
"""Two open doors are told within this time."""


class AirlockJudge:
    """Judges a booth whose street door has a lock; in any other booth it accuses nobody.

    wires: the levels of the inputs by name, which the referee changes. rows: reads the journal's file. excused: returns
    True in an emergency and while the kiosk is down, when physics decides. accuse: notes a broken promise.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        wires: dict[str, bool],
        rows: JournalRows,
        blindness: Blindness,
        excused: Callable[[], bool],
        accuse: Callable[[str, str], None],
    ) -> None:
        self._street_door = settings.street_door
        self._clock = clock
        self._wires = wires
        self._rows = rows
        self._hears_of_both = not (blindness.doors or blindness.street_door)
        self._excused = excused
        self._accuse = accuse
        self._unlocked = {BUILDING: False, STREET: False}
        self._open = {BUILDING: False, STREET: False}
        self._serves_since_s: float | None = None
        self._shut_since_s = self._exit_s = self._freely_s = self._one_shut_s = self._up_s = NEVER_S
        self._exit_is_used = False
        self._phase: Phase | None = None
        self._times_both_open = self._times_to_tell = 0

    def lock_moved(self, door: str, unlocked: bool) -> None:
        """The relay of a door was switched."""
        self._unlocked[door] = unlocked
        if self._street_door and all(self._unlocked.values()) and not self._excused():
            self._accuse("the two doors are never both unlocked", f"the {door} door was unlocked, too")
        self._check_later()

    def leaf_moved(self, leaf: Leaf) -> None:
        """A leaf opened or closed."""
        were_open, self._open[leaf.name] = all(self._open.values()), leaf.open
        self._check_later()
        if were_open:
            self._one_shut_s = self._clock.now_s()
        if all(self._open.values()) and self._street_door:
            self._both_opened()
        by_hand = leaf.from_inside or leaf.forced or not self._unlocked[leaf.name]
        if not leaf.open or by_hand or self._street_door is None or self._excused():
            return
        other = STREET if leaf.name == BUILDING else BUILDING
        now_s = self._clock.now_s()
        if leaf.name == STREET and self._somebody_leaves():
            return  # whoever is in the chamber must be able to leave it, whoever stands outside
        if self._open[other] and self._wires.get(CONTACTS[other]):
            self._accuse("the two doors are never both open", f"the {leaf.name} door opened, too")
        if leaf.name == STREET:
            self._check_entry(now_s)

    def wire_moved(self, name: str, active: bool) -> None:
        """A wire changed its level."""
        now_s = self._clock.now_s()
        if name == "street_contact" and not active:
            self._shut_since_s = now_s
        elif name == "street_exit" and (active or self._exit_is_used):
            self._exit_is_used, self._exit_s = active, now_s
            if active:  # the street door is unlocked at once
                self._clock.call_at(now_s + SLACK_S, lambda: self._check_exit(now_s))

    def kiosk_is_up(self) -> None:
        """The kiosk runs again. The wires of the inputs that are active now were reported at this moment."""
        self._up_s = self._clock.now_s()

    def cannot_leave(self, name: str) -> None:
        """A body in the chamber pulled the street door, and it did not open."""
        self._accuse("nobody is locked in", f"{name} could not leave the chamber")

    def screen_shows(self, phase: Phase | None) -> None:
        """The screen changed; None: it is dark."""
        if self._phase in FREELY:
            self._freely_s = self._clock.now_s()
        self._phase = phase
        if phase not in SERVING:
            self._serves_since_s = None
        elif self._serves_since_s is None:
            self._serves_since_s = self._clock.now_s()

    def emergency_stands(self) -> None:
        """The emergency input has been active for the time in which the doors must be free."""
        if self._street_door and not self._unlocked[STREET]:
            self._accuse("an emergency frees the door", "the street door was locked")

    def end(self) -> None:
        """The world is over."""
        if self._street_door and self._hears_of_both and self._rows.times_raised(BOTH_OPEN) > self._times_both_open:
            self._accuse("no alarm without a cause", f"{BOTH_OPEN} was raised")

    def _check_later(self) -> None:
        """Look soon whether an open door keeps the other one locked."""
        if self._street_door:
            self._clock.call_at(self._clock.now_s() + SLACK_S, self._check_the_other_door)

    def _check_the_other_door(self) -> None:
        for door, other in ((BUILDING, STREET), (STREET, BUILDING)):
            is_open = self._open[door] and self._wires.get(CONTACTS[door])
            may_be_free = self._excused() or (other == STREET and self._somebody_leaves())
            if is_open and self._unlocked[other] and not may_be_free:
                self._accuse("an open door keeps the other one locked", f"the {other} door is unlocked")

    def _somebody_leaves(self) -> bool:
        """Return True while the exit of the street door is used, and so long after it as it frees the door."""
        assert self._street_door
        uses_exit, freed_until_s = self._wires.get("street_exit"), self._exit_s + self._street_door.hold_s + SLACK_S
        return bool(uses_exit) or self._clock.now_s() <= freed_until_s

    def _both_opened(self) -> None:
        self._times_both_open += 1
        times, opened_s = self._times_both_open, self._clock.now_s()
        if opened_s - self._one_shut_s < SLACK_S:
            return  # no contact notices a leaf that is caught while it falls shut
        self._clock.call_at(opened_s + SLACK_S, lambda: self._both_stand_open(times, opened_s))

    def _both_stand_open(self, times: int, opened_s: float) -> None:
        """Demand that the two open doors are told, unless one was shut before the contacts were debounced."""
        if times == self._times_both_open and all(self._open.values()) and not self._go_freely(opened_s):
            self._times_to_tell += 1
            wanted = self._times_to_tell
            self._clock.call_at(opened_s + REPORT_S, lambda: self._check_told(wanted, opened_s))

    def _check_told(self, wanted: int, opened_s: float) -> None:
        told = self._rows.times_raised(BOTH_OPEN)
        if told < wanted:
            self._times_to_tell = told
            if self._hears_of_both and not self._go_freely(opened_s):
                self._accuse("two open doors are told", f"{told} reports for {wanted} times")

    def _go_freely(self, since_s: float) -> bool:
        return self._excused() or self._phase in FREELY or self._freely_s >= since_s

    def _check_entry(self, now_s: float) -> None:
        """Accuse the kiosk of a street door that the street opened in a visit, although it had been shut."""
        assert self._street_door
        settled_s = self._street_door.bolt_s + SLACK_S
        visit_runs = self._serves_since_s is not None and now_s - self._serves_since_s > settled_s
        if visit_runs and now_s - self._shut_since_s > settled_s:
            self._accuse("nobody comes in while a visit runs", "the street door was free")

    def _check_exit(self, used_s: float) -> None:
        """Demand a free street door, unless the exit was used before the kiosk started: it does not know of that."""
        is_known = used_s >= self._up_s and not self._excused()
        if self._street_door and is_known and not self._unlocked[STREET]:
            self._accuse("nobody is locked in", f"the street door was locked {SLACK_S} s after its exit was used")
