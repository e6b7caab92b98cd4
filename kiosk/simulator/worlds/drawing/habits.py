"""Habits of drawn people: when they show their codes, and sites where the forehead is before the thermometer always."""

import random
from dataclasses import replace
from typing import Any

from kiosk.simulator.worlds.story import StoryPerson

HONEST = ("honest", "hurried", "slow")


def habits(seed: int, site: dict[str, Any], crowd: list[StoryPerson]) -> list[StoryPerson]:
    """Return the crowd in which some show the code early or late, show a wrong one first, or have no app.

    At some sites the forehead is before the thermometer everywhere. The draws are of their own, so that the rest of a
    seed's story does not depend on them.
    """
    chance = random.Random(f"habits {seed}")  # noqa: S311 - a simulation, no secret
    if site.get("thermometer", {}) is not None and chance.random() < 0.3:
        site["thermometer"] = {**(site.get("thermometer") or {}), "same_spot": True}
    return [_with_habit(chance, one) if one.behaves in HONEST else one for one in crowd]


def _with_habit(chance: random.Random, person: StoryPerson) -> StoryPerson:
    match chance.choice(("asked", "asked", "asked", "early", "early", "late", "in_turn", "no_app")):
        case "in_turn":
            return replace(person, shows="in_turn", carries=(chance.choice(("wifi", "expired")), *person.carries))
        case "no_app":
            return replace(person, carries=())
        case shows:
            return replace(person, shows=shows)
