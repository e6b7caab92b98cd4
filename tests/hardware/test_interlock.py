from dataclasses import dataclass

import pytest

from kiosk.hardware.interlock import Interlock
from kiosk.model import ChamberWhen, Door

SHUT: frozenset[Door] = frozenset()
BUILDING = frozenset({Door.BUILDING})
STREET = frozenset({Door.STREET})
BOTH = BUILDING | STREET


@dataclass
class Chamber:
    has_presence: bool = True
    present: bool = False
    open_doors: frozenset[Door] = SHUT
    emergency: bool = False


@pytest.mark.parametrize(
    ("when", "present", "allowed"),
    [
        (ChamberWhen.OCCUPIED, True, True),
        (ChamberWhen.OCCUPIED, False, False),
        (ChamberWhen.EMPTY, True, False),
        (ChamberWhen.EMPTY, False, True),
    ],
)
def test_a_closed_chamber_may_be_sprayed_in_the_state_of_the_settings(
    when: ChamberWhen, present: bool, allowed: bool
) -> None:
    assert Interlock(when, Chamber(present=present))() is allowed


@pytest.mark.parametrize("when", list(ChamberWhen))
@pytest.mark.parametrize("present", [True, False])
@pytest.mark.parametrize(
    ("open_doors", "emergency", "has_presence"),
    [
        (BUILDING, False, True),
        (STREET, False, True),
        (BOTH, False, True),
        (SHUT, True, True),
        (SHUT, False, False),
        (BOTH, True, False),
    ],
)
def test_an_open_door_an_emergency_or_a_missing_sensor_forbids_spraying(
    when: ChamberWhen, present: bool, open_doors: frozenset[Door], emergency: bool, has_presence: bool
) -> None:
    assert Interlock(when, Chamber(has_presence, present, open_doors, emergency))() is False
