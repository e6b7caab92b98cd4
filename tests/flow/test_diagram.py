from pathlib import Path

from kiosk.flow.analysis.diagram import arrows, page
from kiosk.flow.state import Situation

PAGE = Path(__file__).parents[2] / "docs" / "flow.md"


def test_the_page_in_the_docs_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: kiosk flow > docs/flow.md"


def test_every_situation_can_be_left() -> None:
    assert {before for before, _ in arrows()} == set(Situation)
