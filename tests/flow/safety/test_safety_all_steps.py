"""The safety rules over every reachable state of the sites that docs/flow.md draws, and the arrows of that page.

These sites have every step and every device, so that the ordinary suite walks the whole table of the flow here.
"""

from itertools import chain
from pathlib import Path

import pytest

from kiosk.flow.analysis.diagram import SITES, Arrows, arrows_of, page_of
from kiosk.flow.state import Situation
from tests.flow.safety.safety_rules import checked_transitions

PAGE = Path(__file__).parents[3] / "docs" / "flow.md"


@pytest.fixture(scope="module")
def arrows() -> Arrows:
    return arrows_of(chain.from_iterable(map(checked_transitions, SITES)))


def test_no_event_in_any_state_breaks_a_safety_rule_and_the_page_is_up_to_date(arrows: Arrows) -> None:
    assert PAGE.read_text(encoding="utf-8") == page_of(arrows), "run: kiosk flow > docs/flow.md"


def test_every_situation_can_be_left(arrows: Arrows) -> None:
    assert {before for before, _ in arrows} == set(Situation)
