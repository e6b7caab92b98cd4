"""Bodies and door leaves: where everybody is."""

from dataclasses import dataclass, field
from enum import Enum


class Spot(Enum):
    """A place where a body can be."""

    STREET = "street"
    CHAMBER = "chamber"
    BUILDING = "building"


@dataclass(slots=True)
class Body:
    """A person.

    skin_c: forehead temperature in degrees Celsius, as an ideal infrared thermometer sees it.
    carries: names of the codes that the person has with them. shows: the codes held up to the camera now.
    faces: the forehead is in front of the thermometer. since_s: when the body came to its spot.
    """

    name: str
    skin_c: float
    carries: tuple[str, ...] = ()
    spot: Spot = Spot.STREET
    since_s: float = 0.0
    shows: tuple[str, ...] = ()
    faces: bool = False
    moving: bool = False


@dataclass(slots=True)
class Leaf:
    """A door leaf with a closer.

    held_by: names of those who hold it open. busy_until_s: nobody is in the doorway after this time.
    forced: broken open; it stays open until it is told otherwise.
    """

    name: str
    open: bool = False
    forced: bool = False
    held_by: set[str] = field(default_factory=set)
    busy_until_s: float = 0.0
