"""The judge of the airlock: which doors are unlocked and open at the same time, who comes in, who cannot get out."""

from collections.abc import Callable

from kiosk.model import Clock, Phase
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.worlds.bodies import Leaf
from kiosk.simulator.worlds.stay import SLACK_S

SERVING = frozenset(
    {Phase.DISINFECTING, Phase.MEASURING, Phase.SCANNING, Phase.CHECKING, Phase.ADMITTING, Phase.REFERRING}
)
"""While the screen shows one of these, the entry is locked."""

BUILDING, STREET = "building", "street"
CONTACTS = {BUILDING: "door_contact", STREET: "street_contact"}
NEVER_S = float("-inf")


class AirlockJudge:
    """Judges a booth whose street door has a lock; in any other booth it accuses nobody.

    wires: the levels of the inputs by name, which the referee changes. excused: returns True in an emergency and while
    the kiosk is down, when physics decides. accuse: notes a broken promise.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        wires: dict[str, bool],
        excused: Callable[[], bool],
        accuse: Callable[[str, str], None],
    ) -> None:
        self._street_door = settings.street_door
        self._clock = clock
        self._wires = wires
        self._excused = excused
        self._accuse = accuse
        self._unlocked = {BUILDING: False, STREET: False}
        self._open = {BUILDING: False, STREET: False}
        self._serves_since_s: float | None = None
        self._shut_since_s = self._exit_s = NEVER_S

    def lock_moved(self, door: str, unlocked: bool) -> None:
        """The relay of a door was switched."""
        self._unlocked[door] = unlocked
        if self._street_door and all(self._unlocked.values()) and not self._excused():
            self._accuse("the two doors are never both unlocked", f"the {door} door was unlocked, too")

    def leaf_moved(self, leaf: Leaf) -> None:
        """A leaf opened or closed."""
        self._open[leaf.name] = leaf.open
        by_hand = leaf.from_inside or leaf.forced or not self._unlocked[leaf.name]
        if not leaf.open or by_hand or self._street_door is None or self._excused():
            return
        other = STREET if leaf.name == BUILDING else BUILDING
        now_s = self._clock.now_s()
        if leaf.name == STREET and now_s <= self._exit_s + self._street_door.hold_s + SLACK_S:
            return  # whoever is in the chamber must be able to leave it, whoever stands outside
        if self._open[other] and self._wires.get(CONTACTS[other]):
            self._accuse("the two doors are never both open", f"the {leaf.name} door opened, too")
        if leaf.name == STREET:
            self._check_entry(now_s)

    def wire_moved(self, name: str, active: bool) -> None:
        """A wire changed its level."""
        if name == "street_contact" and not active:
            self._shut_since_s = self._clock.now_s()

    def exit_pressed(self) -> None:
        """Somebody in the chamber uses the exit of the street door: it is unlocked at once."""
        self._exit_s = self._clock.now_s()
        self._clock.call_at(self._exit_s + SLACK_S, self._check_exit)

    def cannot_leave(self, name: str) -> None:
        """A body in the chamber pulled the street door, and it did not open."""
        self._accuse("nobody is locked in", f"{name} could not leave the chamber")

    def screen_shows(self, phase: Phase | None) -> None:
        """The screen changed; None: it is dark."""
        if phase not in SERVING:
            self._serves_since_s = None
        elif self._serves_since_s is None:
            self._serves_since_s = self._clock.now_s()

    def emergency_stands(self) -> None:
        """The emergency input has been active for the time in which the doors must be free."""
        if self._street_door and not self._unlocked[STREET]:
            self._accuse("an emergency frees the door", "the street door was locked")

    def _check_entry(self, now_s: float) -> None:
        """Accuse the kiosk of a street door that the street opened in a visit, although it had been shut."""
        assert self._street_door
        settled_s = self._street_door.bolt_s + SLACK_S
        visit_runs = self._serves_since_s is not None and now_s - self._serves_since_s > settled_s
        if visit_runs and now_s - self._shut_since_s > settled_s:
            self._accuse("nobody comes in while a visit runs", "the street door was free")

    def _check_exit(self) -> None:
        if self._street_door and not self._unlocked[STREET] and not self._excused():
            self._accuse("nobody is locked in", f"the street door was locked {SLACK_S} s after its exit was used")
