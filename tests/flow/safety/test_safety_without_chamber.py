"""The safety rules over every reachable state of sites without a chamber, with one step or two."""

from dataclasses import replace

import pytest

from kiosk.flow import commands as c
from kiosk.flow import events as e
from kiosk.flow.analysis.reachability import walk
from kiosk.flow.rules import Rules
from kiosk.model import Step
from tests.flow.safety.safety_rules import SITE, check, check_every_transition, name_of, sites_of_two_steps, walked

CREDENTIAL_ONLY = replace(SITE, sequence=(Step.CREDENTIAL,), has_presence=False)


@pytest.mark.parametrize("rules", walked([CREDENTIAL_ONLY, *sites_of_two_steps(with_chamber=False)]), ids=name_of)
def test_no_event_in_any_state_breaks_a_safety_rule(rules: Rules) -> None:
    check_every_transition(rules)


def test_a_door_that_is_unlocked_although_steps_are_missing_is_found() -> None:
    unlock = c.UnlockDoor(SITE.hold_s)
    before, _, after, commands = next(found for found in walk(SITE) if unlock in found[3] and not found[0].visit)
    with pytest.raises(AssertionError):
        check((before, e.PassageSeen(0.5), after, commands), SITE)
