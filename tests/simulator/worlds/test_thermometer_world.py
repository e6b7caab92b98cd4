"""Worlds with an imager, and with a lamp before the thermometer."""

import pytest

from kiosk.simulator.worlds.play import play
from kiosk.simulator.worlds.seeds import draw_story
from kiosk.simulator.worlds.story import Story, StoryLine, StoryPerson

SITE = {"sequence": ["temperature", "credential"], "sprayer": None, "chamber": None, "inputs": {"skip": None}}
IMAGER = {
    **SITE,
    "thermometer": {"kind": "mlx90640", "offset_c": 0.5, "looks": 1},
    "temperature": {"relative": {"distance_c": 0.37}},
}
LIT = StoryLine("thermometer", "", "is", "lit", 0.0, "", 100.0)


def person(name: str, skin_c: float, arrives_s: float) -> StoryPerson:
    return StoryPerson(name, skin_c, (f"pass of {name}",), "honest", arrives_s=arrives_s)


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_imager_lets_healthy_people_in_and_finds_a_fever(seed: int) -> None:
    people = (person("A", 34.7, 20.0), person("B", 37.2, 40.0), person("C", 34.5, 60.0))
    report = play(Story("imager", IMAGER, people, (), 400.0, seed))
    assert report.broken == []
    assert [report.fates[name] for name in "ABC"] == [
        "is in the building",
        "is in the street (told to go elsewhere)",
        "is in the building",
    ]


@pytest.mark.parametrize("site", [SITE, IMAGER], ids=["spot", "imager"])
def test_a_lamp_admits_nobody_and_people_before_it_are_measured(site: dict[str, object]) -> None:
    """S shows a good code and never the forehead, so that the thermometer sees the lamp all the time."""
    lines = [
        LIT,
        StoryLine("body", "S", "does", "steps_in", 20.0),
        StoryLine("body", "S", "shows", "pass of S", 40.0),
        StoryLine("body", "S", "does", "steps_out", 70.0),
    ]
    people = (StoryPerson("S", 34.7, ("pass of S",), "scripted"), person("A", 34.7, 75.0))
    report = play(Story("lamp", site, people, tuple(lines), 300.0))
    assert report.broken == []
    assert report.fates["A"] == "is in the building"
    assert report.admissions == 1


def test_drawn_worlds_have_imagers_and_lamps() -> None:
    drawn = [draw_story(seed) for seed in range(1, 301)]
    kinds = [(story.site.get("thermometer") or {}).get("kind") for story in drawn]
    lamps = [any(line.word == "lit" for line in story.lines) for story in drawn]
    assert 5 <= sum(kind == "mlx90640" for kind in kinds) <= 30
    assert 10 <= sum(lamps) <= 50
