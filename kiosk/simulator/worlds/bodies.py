"""Bodies, door leaves and locks: where everybody is, what is open, and who hears of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from kiosk.settings.schema.doors import DoorSettings, LockKind, StreetDoorSettings


class Spot(Enum):
    """A place where a body can be."""

    STREET = "street"
    CHAMBER = "chamber"
    BUILDING = "building"


FEELS_ILL_C = 36.0
"""A person whose forehead is as warm as this feels it, and says so when asked."""


@dataclass(slots=True)
class Body:
    """A person.

    skin_c: forehead temperature in degrees Celsius, as an ideal infrared thermometer sees it.
    carries: names of the codes that the person has with them. shows: the codes held up to the camera now.
    faces: the forehead is in front of the thermometer. since_s: when the body came to its spot. hand: how codes are
    held up, one of `kiosk.simulator.worlds.story.HANDS`.
    """

    name: str
    skin_c: float
    carries: tuple[str, ...] = ()
    spot: Spot = Spot.STREET
    since_s: float = 0.0
    shows: tuple[str, ...] = ()
    faces: bool = False
    moving: bool = False
    hand: str = "steady"

    @property
    def feels_ill(self) -> bool:
        """True if this person answers yes when asked about a fever."""
        return self.skin_c >= FEELS_ILL_C


@dataclass(slots=True)
class Leaf:
    """A door leaf with a closer.

    held_by: names of those who hold it open. busy_until_s: nobody is in the doorway after this time.
    forced: broken open; it stays open until it is told otherwise.
    from_inside: it was opened last by its handle or exit button.
    """

    name: str
    open: bool = False
    forced: bool = False
    from_inside: bool = False
    held_by: set[str] = field(default_factory=set)
    busy_until_s: float = 0.0


@dataclass(slots=True)
class LeafLock:
    """The lock of a leaf. by_relay: unlocked by its relay. stuck: unlocked or not, whatever the relay does, or None."""

    settings: DoorSettings | StreetDoorSettings
    by_relay: bool = False
    stuck: bool | None = None

    @property
    def unlocked(self) -> bool:
        """True while the lock lets the leaf open."""
        return self.by_relay if self.stuck is None else self.stuck

    def follow(self, level: Callable[[int], bool]) -> bool:
        """Follow the relay, whose pin has this `level`; return True if it moved."""
        energised = level(self.settings.relay_pin) is self.settings.active_high
        before, self.by_relay = self.by_relay, energised is (self.settings.lock is LockKind.FAIL_SECURE)
        return self.by_relay is not before


class Witness(Protocol):
    """Hears of everything that physically happens, at the time of the premises' clock."""

    def moved(self, body: Body, left: Spot) -> None:
        """`body` left the spot `left` and stands on its new spot."""

    def leaf_moved(self, leaf: Leaf) -> None:
        """A door leaf opened or closed."""

    def wire_moved(self, name: str, active: bool) -> None:
        """The wire of an input changed its level."""

    def lock_moved(self, unlocked: bool) -> None:
        """The lock of the building door was released or locked."""

    def street_lock_moved(self, unlocked: bool) -> None:
        """The lock of the street door was released or locked."""

    def cannot_leave(self, body: Body) -> None:
        """`body` could not open the street door from the chamber."""

    def pump_moved(self, runs: bool) -> None:
        """The pump was switched on or off."""

    def faced(self, body: Body | None) -> None:
        """The thermometer was read once while `body`, or nobody, was in front of it."""

    def pressed(self, button: str, body: str) -> None:
        """A button was pressed by `body`, or by the officer (empty)."""
