"""The safety rules over every reachable state of sites with the chamber and one other step."""

import pytest

from kiosk.flow.rules import Rules
from tests.flow.safety.safety_rules import check_every_transition, name_of, sites_of_two_steps
from tests.samples import only_whole


@only_whole
@pytest.mark.parametrize("rules", sites_of_two_steps(with_chamber=True), ids=name_of)
def test_no_event_in_any_state_breaks_a_safety_rule(rules: Rules) -> None:
    check_every_transition(rules)
