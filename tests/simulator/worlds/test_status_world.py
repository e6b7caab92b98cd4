"""Worlds at a site that asks a health app's status service."""

from typing import Any

import pytest

from kiosk.credentials.schemes.online_status import online_status
from kiosk.simulator.worlds.play import play
from kiosk.simulator.worlds.report import WorldReport
from kiosk.simulator.worlds.seeds import draw_story
from kiosk.simulator.worlds.services.status import FAILURES, ONLINE_STATUS, with_status
from kiosk.simulator.worlds.story import Story, StoryLine, StoryPerson

A, B = StoryPerson("A", carries=("app of A",)), StoryPerson("B", carries=("app of B",), arrives_s=40.0)


def told(*lines: StoryLine, people: tuple[StoryPerson, ...] = (A,), unreachable: str = "pass") -> Story:
    credentials = {"online_status": {**ONLINE_STATUS, "unreachable": unreachable}}
    site: dict[str, Any] = {"sequence": ["credential"], "credentials": credentials}
    return Story("status", site, people, lines, lasts_s=90.0)


def status(word: str | float, at_s: float = 0.0, for_s: float | None = None, verb: str = "is") -> StoryLine:
    return StoryLine("status_service", "", verb, word, at_s, "", for_s)


def played(*lines: StoryLine, people: tuple[StoryPerson, ...] = (A,), unreachable: str = "pass") -> WorldReport:
    report = play(told(*lines, people=people, unreachable=unreachable))
    assert report.broken == []
    return report


@pytest.mark.parametrize(("code", "entered"), [("app of A", 1), ("refused app", 0), ("crashing app", 0)])
def test_the_service_decides_about_a_code_of_the_app(code: str, entered: int) -> None:
    assert played(people=(StoryPerson("A", carries=(code,)),)).entered == entered


@pytest.mark.parametrize("word", FAILURES)
@pytest.mark.parametrize("unreachable", ["pass", "refer"])
def test_only_without_a_connection_the_rule_of_the_site_passes_somebody(word: str, unreachable: str) -> None:
    passes = (word, unreachable) == ("refuses", "pass")
    assert played(status(word), unreachable=unreachable).entered == (1 if passes else 0)


@pytest.mark.parametrize(("late_s", "entered"), [(2.0, 1), (3.0, 0)])
def test_a_late_answer_counts_until_the_time_limit_of_the_request(late_s: float, entered: int) -> None:
    report = played(status(late_s, verb="late_s"))
    assert report.entered == entered
    said = {line.split(" s  ")[1]: float(line.split(" s ")[0]) for line in report.told}
    answered = "the status service finds 'app of A' green" if entered else "the screen shows referring (status_unknown)"
    waits_s = late_s if entered else 5.0
    assert said[answered] - said["the screen shows checking"] == pytest.approx(waits_s, abs=0.02)


def test_after_an_unreachable_service_the_next_code_passes_in_the_pause() -> None:
    """Both had no answer; then the kiosk does not ask again for some seconds."""
    near = StoryPerson("B", carries=("app of B",), arrives_s=12.0)
    report = played(status("refuses", for_s=9.0), people=(A, near))
    assert report.entered == 2


CRASH = (
    StoryPerson("A", carries=("crashing app",)),
    StoryPerson("B", carries=("app of B",), behaves="hurried", arrives_s=5.0),
)


def test_a_kiosk_that_passes_somebody_after_a_code_that_ended_the_service_is_accused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story = told(people=CRASH)
    monkeypatch.setattr("kiosk.simulator.worlds.services.status.CRASH_S", 60.0)
    assert (play(story).broken, play(story).entered) == ([], 0)
    monkeypatch.setattr(online_status, "SUSPECT_S", 0.0)
    assert "unlocked only after every step" in {one.promise for one in play(story).broken}


@pytest.mark.parametrize("seed", range(1, 5))
def test_drawn_worlds_with_a_status_service_keep_every_promise(seed: int) -> None:
    assert play(with_status(draw_story(seed), faults=True)).broken == []
