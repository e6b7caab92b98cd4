"""The safety rules over every reachable state of the sites in docs/developer/flow.md, and the arrows of that page.

These sites have every step and every device, so that the ordinary suite walks the whole table of the flow here.
"""

from collections.abc import Iterator
from pathlib import Path

from kiosk.flow.analysis.diagram import page
from kiosk.flow.analysis.reachability import Reached
from kiosk.flow.rules import Rules
from kiosk.flow.state import Situation
from tests.flow.safety.safety_rules import checked_transitions

PAGE = Path(__file__).parents[3] / "docs" / "developer" / "flow.md"


def test_no_event_in_any_state_breaks_a_rule_every_situation_can_be_left_and_the_page_is_up_to_date() -> None:
    left = set()

    def transitions(rules: Rules) -> Iterator[Reached]:
        for reached in checked_transitions(rules):
            before, _, after, _ = reached
            if before.situation is not after.situation:
                left.add(before.situation)
            yield reached

    drawn = page(transitions)
    assert left == set(Situation)
    assert PAGE.read_text(encoding="utf-8") == drawn, "run: kiosk flow > docs/developer/flow.md"
