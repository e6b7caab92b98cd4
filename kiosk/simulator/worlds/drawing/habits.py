"""Habits of drawn people: when they show their codes, and sites where the forehead is before the thermometer always."""

import random
from dataclasses import replace
from typing import Any

from kiosk.simulator.worlds.story import StoryPerson

QUESTIONS, IMAGERS = 0.15, 0.05
"""The shares of drawn booths that ask questions, and that measure with an imager if they measure."""

HONEST = ("honest", "hurried", "slow")


def habits(seed: int, site: dict[str, Any], crowd: list[StoryPerson]) -> list[StoryPerson]:
    """Return the crowd in which some show the code early or late, show a wrong one first, or have no app.

    At some sites the forehead is before the thermometer everywhere. The draws are of their own, so that the rest of a
    seed's story does not depend on them.
    """
    chance = random.Random(f"habits {seed}")  # noqa: S311 - a simulation, no secret
    if site.get("thermometer", {}) is not None and chance.random() < 0.3:
        site["thermometer"] = {**(site.get("thermometer") or {}), "same_spot": True}
    _find_faces(random.Random(f"imager {seed}"), site)  # noqa: S311 - a simulation, no secret
    _ask_questions(random.Random(f"questions {seed}"), site)  # noqa: S311 - a simulation, no secret
    return [_with_habit(chance, one) if one.behaves in HONEST else one for one in crowd]


def _find_faces(chance: random.Random, site: dict[str, Any]) -> None:
    """Give some sites that measure an imager."""
    if chance.random() < IMAGERS and site.get("thermometer", {}) is not None:
        values = {"kind": "mlx90640", "offset_c": 0.5, "looks": 1}
        site["thermometer"] = {**(site.get("thermometer") or {}), **values}
        site["temperature"] = {**(site.get("temperature") or {}), "relative": {"distance_c": 0.37}}


def _ask_questions(chance: random.Random, site: dict[str, Any]) -> None:
    """Let some sites ask questions, at any place in the sequence."""
    if chance.random() < QUESTIONS:
        sequence = list(site["sequence"])
        sequence.insert(chance.randint(0, len(sequence)), "questions")
        site["sequence"] = sequence
        site["inputs"] = {**site["inputs"], "yes": {"pin": 14}, "no": {"pin": 15}}
        site["questions"] = {"answer_s": chance.choice((5.0, 20.0))}


def _with_habit(chance: random.Random, person: StoryPerson) -> StoryPerson:
    match chance.choice(("asked", "asked", "asked", "early", "early", "late", "in_turn", "no_app")):
        case "in_turn":
            return replace(person, shows="in_turn", carries=(chance.choice(("wifi", "expired")), *person.carries))
        case "no_app":
            return replace(person, carries=())
        case shows:
            return replace(person, shows=shows)
