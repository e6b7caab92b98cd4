"""The safety rules over every reachable state of sites whose street door has a lock."""

from dataclasses import replace

import pytest

from kiosk.flow import commands as c
from kiosk.flow.analysis.reachability import walk
from kiosk.flow.doors import DoorState
from kiosk.flow.rules import Rules
from kiosk.model import ChamberWhen, Door, Step
from tests.flow.safety.safety_rules import AIRLOCK, SITE, chamber_sites, check, check_every_transition, name_of, walked

LOCKED = replace(SITE, airlock=AIRLOCK)
SITES = [
    replace(LOCKED, sequence=(Step.CREDENTIAL,), has_presence=False),
    replace(LOCKED, sequence=(Step.TEMPERATURE, Step.CREDENTIAL), unreliable_attempts=1),
    *(replace(chamber_sites(when)[-1], airlock=AIRLOCK) for when in ChamberWhen),
]


@pytest.mark.parametrize("rules", walked(SITES), ids=name_of)
def test_no_event_in_any_state_breaks_a_safety_rule(rules: Rules) -> None:
    check_every_transition(rules)


def test_a_building_door_that_is_unlocked_while_the_street_door_is_open_is_found() -> None:
    rules = SITES[0]
    before, event, after, commands = next(found for found in walk(rules) if c.UnlockDoor(rules.hold_s) in found[3])
    check((before, event, after, commands), rules)
    opened = replace(after, doors=DoorState(opened=frozenset({Door.STREET})))
    with pytest.raises(AssertionError):
        check((before, event, opened, commands), rules)
