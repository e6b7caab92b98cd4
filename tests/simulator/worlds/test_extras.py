"""Extras of drawn worlds: people who come together or come back, and a power cut in the middle of a row."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kiosk.journal.reading import JournalReader
from kiosk.simulator.worlds.card import Card
from kiosk.simulator.worlds.play import PlayedWorld, play
from kiosk.simulator.worlds.seeds import draw_story
from kiosk.simulator.worlds.story import Story, StoryLine, StoryPerson

A = StoryPerson("A", carries=("pass of A",), arrives_s=1.0)
B = StoryPerson("B", carries=("pass of B",), arrives_s=20.0)
ILL_C = 37.4


def told(*people: StoryPerson, lines: tuple[StoryLine, ...] = (), lasts_s: float = 200.0, **site: Any) -> Story:
    return Story("test", {"sequence": ["credential", "temperature"], **site}, people, lines, lasts_s)


CUT_IN_A_ROW = StoryLine("power", "", "is", "cut_in_a_row", 3.0, "", 3.0)


def test_two_step_in_together_and_both_go_in() -> None:
    both = replace(B, behaves="joins", follows="A", arrives_s=0.5)
    report = play(told(A, both, lasts_s=60.0))
    assert report.broken == []
    moves = [line for line in report.told if "from the street to the chamber" in line]
    assert len({line.split(" s ")[0] for line in moves}) == 1, "they step in at the same moment"
    assert set(report.fates.values()) == {"is in the building"}


@pytest.mark.parametrize(
    ("skin_c", "fate"), [(34.7, "is in the building"), (ILL_C, "is in the street (told to go elsewhere)")]
)
def test_somebody_who_was_sent_away_comes_back_once(skin_c: float, fate: str) -> None:
    comes_back = replace(A, skin_c=ILL_C, returns_s=20.0, returns_skin_c=skin_c)
    report = play(told(comes_back))
    assert (report.broken, report.visits) == ([], 2)
    assert report.fates == {"A": fate}


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_power_cut_in_the_middle_of_the_admission_breaks_no_promise(seed: int) -> None:
    story = told(A, B, lines=(CUT_IN_A_ROW,), lasts_s=120.0, sequence=["credential"])
    report = play(replace(story, seed=seed))
    assert report.broken == []
    assert sum("the screen shows starting" in line for line in report.told) == 2, "the power was cut"
    assert report.fates == {"A": "is in the building", "B": "is in the building"}


def test_a_torn_row_is_not_in_the_journal_and_the_rows_before_it_are(tmp_path: Path) -> None:
    world = PlayedWorld(told(A, lines=(CUT_IN_A_ROW,), lasts_s=8.0, sequence=["credential"]), tmp_path)
    world.run()
    world.close()
    with JournalReader(tmp_path / world.settings.journal.path) as journal:
        kinds = [row.kind for row in journal.rows()]
    assert kinds[:3] == ["started", "in_service", "started"], "without the admission that was being written"


def test_a_card_in_order_changes_nothing(tmp_path: Path) -> None:
    log = tmp_path / "journal.db-wal"
    card = Card(tmp_path / "journal.db", 1, lambda _for_s: pytest.fail("the power is on"))
    assert card.write(lambda: log.write_bytes(b"rows")) == 4
    assert log.read_bytes() == b"rows"


def test_every_extra_is_drawn() -> None:
    drawn = [draw_story(seed) for seed in range(1, 301)]
    lines = [line for story in drawn for line in story.lines]
    people = [one for story in drawn for one in story.people]
    assert {"service_key", "power", "card", "door"} <= {line.subject for line in lines}
    assert {"comes_out", "cut_in_a_row", "forced_open"} <= {line.word for line in lines}
    assert any(one.behaves == "joins" for one in people)
    assert any(one.returns_s is not None for one in people)
    codes = {(code.split(" of ")[0], code.endswith(f" of {one.name}")) for one in people for code in one.carries}
    assert {("daily", True), ("single", True), ("pass", False), ("daily", False)} <= codes
    assert {
        story.site["credentials"]["again_s"] for story in drawn if "again_s" in (story.site.get("credentials") or {})
    }
