"""The safety rules over every reachable state of sites that offer the venue's code."""

from dataclasses import replace

import pytest

from kiosk.flow.rules import Rules
from kiosk.model import Step
from tests.flow.safety.safety_rules import SITE, check_every_transition, name_of
from tests.samples import only_whole

SITES = [
    replace(SITE, sequence=sequence, offers_check_in=True, unreliable_attempts=1)
    for sequence in ((Step.CREDENTIAL,), (Step.CREDENTIAL, Step.TEMPERATURE), (Step.DISINFECT, Step.CREDENTIAL))
]


@only_whole
@pytest.mark.parametrize("rules", SITES, ids=name_of)
def test_no_event_in_any_state_breaks_a_safety_rule(rules: Rules) -> None:
    check_every_transition(rules)
