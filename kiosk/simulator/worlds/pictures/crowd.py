"""Drawing of worlds with pictures: the story of a seed, with a camera and with hands."""

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kiosk.simulator.worlds.drawing.habits import HONEST
from kiosk.simulator.worlds.story import HANDS, Story, StoryPerson

RATES = {"frame_hz": 3.0}, {"budget_ms": 20, "glance_hz": 1.5, "preview_hz": 0.5}
"""Pictures a second, of the camera and of the scanner. Real ones take more; people and doors notice no difference."""

SMALL, LARGE = {"width_px": 640, "height_px": 480}, {"width_px": 1280, "height_px": 720}
LARGE_SHARE = 0.1
"""The share of sites with the usual size of pictures; smaller ones are read in a third of the time."""


def with_pictures(story: Story) -> Story:
    """Return a drawn story in which the camera takes pictures.

    People hold up their codes in different manners; some hold up two at once, a sheet of sixty, or none. The draws
    are of their own, so that the rest of the story is the one of its seed without pictures.
    """
    chance = random.Random(f"pictures {story.seed}")  # noqa: S311 - a simulation, no secret
    people = tuple(_with_hand(chance, one) for one in story.people)
    return replace(story, site=_with_camera(chance, story.site, people), people=people, pictures=True)


def _with_camera(chance: random.Random, site: Mapping[str, Any], people: tuple[StoryPerson, ...]) -> Mapping[str, Any]:
    if site.get("camera", {}) is None:
        return site
    has_sheet = any("sheet" in one.carries for one in people)
    size = LARGE if has_sheet or chance.random() < LARGE_SHARE else SMALL
    camera, scanner = RATES
    return {**site, "camera": {**size, **camera}, "scanner": dict(scanner)}


def _with_hand(chance: random.Random, person: StoryPerson) -> StoryPerson:
    hand, draw = chance.choice(HANDS), chance.random()
    if person.behaves in HONEST and len(person.carries) == 1:
        if draw < 0.15:
            return replace(person, hand=hand, carries=("wifi", *person.carries))
        if draw < 0.2:
            return replace(person, hand=hand, carries=("sheet",))
        if draw < 0.25:
            return replace(person, hand=hand, carries=())
    return replace(person, hand=hand)
