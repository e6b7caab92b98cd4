"""Worlds at a site whose visitors scan the venue's code."""

from typing import Any

import pytest

from kiosk.simulator.worlds.play import play
from kiosk.simulator.worlds.report import WorldReport
from kiosk.simulator.worlds.seeds import draw_story
from kiosk.simulator.worlds.services.venue import CHECK_IN, with_venue
from kiosk.simulator.worlds.story import Story, StoryLine, StoryPerson

SITE: dict[str, Any] = {
    "sequence": ["credential"],
    "credentials": {"check_in": CHECK_IN},
    "sprayer": None,
    "chamber": None,
}
SITE |= {"thermometer": None, "temperature": None, "inputs": {"skip": None}}
FIRST, SECOND = StoryPerson("A", carries=("phone",)), StoryPerson("B", carries=("wifi",), arrives_s=20.0)
FAULTS = ("silent", "repeated", "swapped", "other_kiosk", "other_visit", "unbound")


def played(*lines: StoryLine, people: tuple[StoryPerson, ...] = (FIRST, SECOND)) -> WorldReport:
    report = play(Story("venue", SITE, people, lines, lasts_s=90.0))
    assert report.broken == []
    return report


def test_a_person_with_a_phone_enters_and_one_without_does_not() -> None:
    assert (played().admissions, played().entered) == (1, 1)


def test_a_person_whom_the_venue_refuses_does_not_enter() -> None:
    assert played(people=(StoryPerson("A", carries=("refused phone",)),)).entered == 0


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_pass_no_wrong_answer_of_the_venue_lets_the_next_one_in(fault: str) -> None:
    assert played(StoryLine("venue", "", "is", fault, 15.0)).entered == 1


def test_a_result_that_comes_after_its_person_has_left_lets_nobody_in() -> None:
    late = StoryLine("venue", "", "late_s", 2.0, 0.0, "", 60.0)
    report = played(late, StoryLine("body", "A", "does", "steps_out", 5.5, "scanning"), people=(FIRST,))
    found = next(number for number, line in enumerate(report.told) if "the venue finds A green" in line)
    left = next(number for number, line in enumerate(report.told) if "A goes from the chamber to the street" in line)
    assert found < left
    assert not any("unlocked" in line for line in report.told[:left])


@pytest.mark.parametrize("seed", range(1, 7))
def test_drawn_worlds_with_a_check_in_keep_every_promise(seed: int) -> None:
    assert play(with_venue(draw_story(seed))).broken == []
