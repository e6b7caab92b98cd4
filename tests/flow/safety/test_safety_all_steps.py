"""The safety rules over the reachable states of the sites that docs/flow.md draws, and its arrows.

These sites have every step and every device. The ordinary suite tries the nearest states of each situation, and
`KIOSK_TESTS=whole` every state. A part of the states has a part of the arrows.
"""

import math
from collections.abc import Iterator
from pathlib import Path

from kiosk.flow.analysis.diagram import page
from kiosk.flow.analysis.reachability import Reached
from kiosk.flow.rules import Rules
from kiosk.flow.state import Situation
from tests.flow.safety.safety_rules import checked_transitions
from tests.samples import WHOLE

PAGE = Path(__file__).parents[3] / "docs" / "flow.md"
TRIES = math.inf if WHOLE else 50


def arrows(text: str) -> set[tuple[str, str, str]]:
    """Return each arrow in the tables of a page: from, to, and the kind of event."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return {(before, after, cause) for before, after, causes in cells for cause in causes.split(", ")}


def test_no_event_in_any_state_breaks_a_rule_every_situation_can_be_left_and_the_page_is_up_to_date() -> None:
    left = set()

    def transitions(rules: Rules) -> Iterator[Reached]:
        for reached in checked_transitions(rules, TRIES):
            before, _, after, _ = reached
            if before.situation is not after.situation:
                left.add(before.situation)
            yield reached

    drawn, written = page(transitions), PAGE.read_text(encoding="utf-8")
    assert left == set(Situation)
    assert arrows(drawn) <= arrows(written), "run: kiosk flow > docs/flow.md"
    if WHOLE:
        assert drawn == written, "run: kiosk flow > docs/flow.md"
