"""Worlds with pictures: the real scanner reads what the camera sees of codes, and the referee judges."""

from dataclasses import replace
from typing import Any

import pytest

from kiosk.model import Payload
from kiosk.scanner.child.tracker import Tracker
from kiosk.simulator.worlds.codes import payloads_of
from kiosk.simulator.worlds.pictures.crowd import RATES, SMALL, with_pictures
from kiosk.simulator.worlds.play import play
from kiosk.simulator.worlds.seeds import draw_story
from kiosk.simulator.worlds.story import HANDS, Story, StoryLine, StoryPerson

A = StoryPerson("A", carries=("pass of A",), arrives_s=1.0)


def story(*people: StoryPerson, lines: tuple[StoryLine, ...] = (), lasts_s: float = 120.0, **site: Any) -> Story:
    camera, scanner = RATES
    base = {"sequence": ["credential"], "camera": SMALL | camera, "scanner": scanner}
    return Story("test", base | site, people, lines, lasts_s, pictures=True)


@pytest.mark.parametrize("hand", HANDS)
def test_a_pass_is_read_however_it_is_held(hand: str) -> None:
    report = play(story(replace(A, hand=hand)))
    assert (report.broken, report.fates) == ([], {"A": "is in the building"})


def test_a_pass_beside_another_code_is_read() -> None:
    report = play(story(replace(A, carries=("wifi", "pass of A"))))
    assert (report.broken, report.fates) == ([], {"A": "is in the building"})


def test_a_code_that_is_shown_before_its_step_is_used_in_its_step() -> None:
    report = play(story(replace(A, shows="early"), sequence=["temperature", "credential"]))
    assert (report.broken, report.fates) == ([], {"A": "is in the building"})
    assert not any("shows scanning" in line for line in report.told)


@pytest.mark.parametrize("code", ["sheet", "wifi", "forged", None])
def test_nobody_enters_without_a_good_code(code: str | None) -> None:
    report = play(story(replace(A, carries=(code,) if code else ()), camera={"frame_hz": 3.0}))
    assert (report.broken, report.fates) == ([], {"A": "is in the street (told to go elsewhere)"})


def test_a_sheet_of_sixty_codes_does_not_stop_the_entrance() -> None:
    b = replace(A, name="B", carries=("pass of B",), arrives_s=3.0)
    report = play(story(replace(A, carries=("sheet",)), b, camera={"frame_hz": 3.0}))
    assert (report.broken, report.fates["B"]) == ([], "is in the building")


def test_the_same_story_gives_the_same_run() -> None:
    moving = story(replace(A, hand="moving"), replace(A, name="B", hand="glare", carries=("wifi", "pass of B")))
    assert play(moving).told == play(moving).told


def test_a_silent_camera_and_a_power_cut_are_survived() -> None:
    lines = (
        StoryLine("camera", "", "is", "silent", 2.0, "", 8.0),
        StoryLine("power", "", "is", "cut", 20.0, "", 1.0),
    )
    report = play(story(replace(A, arrives_s=90.0), lines=lines, lasts_s=200.0))
    assert (report.broken, report.fates) == ([], {"A": "is in the building"})
    assert any("out_of_service" in line for line in report.told)


def test_a_scanner_that_reads_what_nobody_shows_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    see, good = Tracker.see, Payload(payloads_of("pass of B")[0])
    monkeypatch.setattr(Tracker, "see", lambda *frame: replace(see(*frame), codes=(good,)))
    report = play(story(replace(A, carries=()), StoryPerson("B", behaves="scripted"), lasts_s=15.0))
    assert "unlocked only after every step" in {broken.promise for broken in report.broken}


@pytest.mark.parametrize("seed", [4])
def test_a_drawn_world_breaks_no_promise(seed: int) -> None:
    drawn = with_pictures(draw_story(seed))
    assert drawn.pictures
    assert [str(one) for one in play(drawn).broken] == []


def test_a_site_without_a_camera_stays_without() -> None:
    assert with_pictures(replace(draw_story(3), site={"camera": None})).site == {"camera": None}
