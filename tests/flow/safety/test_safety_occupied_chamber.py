"""The safety rules over every reachable state of a site with all steps; the chamber is sprayed while occupied."""

import pytest

from kiosk.flow.rules import Rules
from kiosk.model import ChamberWhen
from tests.flow.safety.safety_rules import chamber_sites, check_every_transition, name_of
from tests.samples import only_whole


@only_whole
@pytest.mark.parametrize("rules", chamber_sites(ChamberWhen.OCCUPIED), ids=name_of)
def test_no_event_in_any_state_breaks_a_safety_rule(rules: Rules) -> None:
    check_every_transition(rules)
