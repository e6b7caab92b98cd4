from dataclasses import dataclass

import pytest

from kiosk.hardware.interlock import Interlock
from kiosk.model import ChamberWhen, Door

SHUT: frozenset[Door] = frozenset()
BUILDING = frozenset({Door.BUILDING})
STREET = frozenset({Door.STREET})
BOTH = BUILDING | STREET
WARN_S = 3.0


@dataclass
class Chamber:
    has_presence: bool = True
    present: bool = False
    open_doors: frozenset[Door] = SHUT
    emergency: bool = False
    presence_steady_s: float = 60.0


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
    assert Interlock(when, Chamber(present=present), WARN_S)() is allowed


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
    assert Interlock(when, Chamber(has_presence, present, open_doors, emergency), WARN_S)() is False


@pytest.mark.parametrize("when", list(ChamberWhen))
@pytest.mark.parametrize(("steady_s", "allowed"), [(3.0, True), (2.9, False), (0.0, False)])
def test_a_spray_starts_only_after_the_presence_was_steady_for_the_whole_warning(
    when: ChamberWhen, steady_s: float, allowed: bool
) -> None:
    chamber = Chamber(present=when is ChamberWhen.OCCUPIED, presence_steady_s=steady_s)
    assert Interlock(when, chamber, WARN_S).may_start() is allowed
    assert Interlock(when, chamber, WARN_S)(), "a spray that runs goes on"


def test_a_forbidden_spray_does_not_start_however_steady_the_presence_is() -> None:
    chamber = Chamber(present=True, emergency=True, presence_steady_s=60.0)
    assert not Interlock(ChamberWhen.OCCUPIED, chamber, WARN_S).may_start()
