from pathlib import Path

from kiosk.flow.diagram import moves, page
from kiosk.model import Phase

PAGE = Path(__file__).parents[2] / "docs" / "flow.md"


def test_the_page_in_the_docs_is_the_one_that_the_machine_draws() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: kiosk flow > docs/flow.md"


def test_every_phase_can_be_left() -> None:
    assert {before for before, _ in moves()} == set(Phase)
