"""The safety rules over every reachable state of sites that ask questions."""

from dataclasses import replace

import pytest

from kiosk.flow.rules import Rules
from kiosk.model import HealthQuestion, Step
from tests.flow.safety.safety_rules import SITE, check_every_transition, name_of, walked

TWO = replace(SITE, questions=(HealthQuestion.FEVER, HealthQuestion.COUGH), unreliable_attempts=1)

SITES = [
    replace(TWO, sequence=(Step.QUESTIONS, Step.CREDENTIAL), essential=frozenset()),
    replace(TWO, sequence=(Step.DISINFECT, Step.QUESTIONS, Step.TEMPERATURE), same_spot=True),
]


@pytest.mark.parametrize("rules", walked(SITES), ids=name_of)
def test_no_event_in_any_state_breaks_a_safety_rule(rules: Rules) -> None:
    check_every_transition(rules)
