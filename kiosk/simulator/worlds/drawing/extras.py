"""Extras of drawn stories: limits of credentials, borrowed passes, people who come back, and further tricks.

About every second story has some of them.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kiosk.simulator.worlds.drawing.habits import HONEST
from kiosk.simulator.worlds.story import Story, StoryLine, StoryPerson

HEALTHY_C, FEVERISH_C = 34.7, 37.2
SHARE, LAMPS = 0.5, 0.1


def with_extras(story: Story, *, tricks: bool) -> Story:
    """Return the story with extras, or without a change. tricks: also of people who do not do what the screen says."""
    story = _with_lamp(random.Random(f"lamp {story.seed}"), story)  # noqa: S311 - a simulation, no secret
    chance = random.Random(f"extras {story.seed}")  # noqa: S311 - a simulation, no secret
    if chance.random() > SHARE:
        return story
    people = [_with_pass(chance, one, story.people) for one in story.people]
    people = [_who_comes_back(chance, one) for one in people]
    lines = list(story.lines)
    for _ in range(chance.choice((0, 1, 1, 2)) if tricks else 0):
        lines += chance.choice(TRICKS)(chance, people)
    lines.sort(key=lambda line: (line.when, line.at_s))
    return replace(story, site=_with_limits(chance, story.site), people=tuple(people), lines=tuple(lines))


def _with_lamp(chance: random.Random, story: Story) -> Story:
    """Return the story, in which a lamp may be before the thermometer from the start on."""
    if chance.random() > LAMPS or story.site.get("thermometer", {}) is None:
        return story
    lamp = StoryLine("thermometer", "", "is", "lit", 0.0, "", round(chance.uniform(5.0, 80.0), 1))
    return replace(story, lines=(lamp, *story.lines))


def _with_limits(chance: random.Random, site: Any) -> dict[str, Any]:
    """Return the site with limits of its own for used credentials and remembered fevers."""
    changed = dict(site)
    if site.get("credentials", {}) is not None:
        changed["credentials"] = {**(site.get("credentials") or {}), "again_s": chance.choice((0.0, 20.0, 60.0, 600.0))}
    if site.get("temperature", {}) is not None:
        remember_s = chance.choice((0.0, 60.0, 600.0, 3600.0))
        rule = chance.choice(("relative", "fixed"))
        changed["temperature"] = {**(site.get("temperature") or {}), "remember_s": remember_s, "rule": rule}
    return changed


def _with_pass(chance: random.Random, person: StoryPerson, people: tuple[StoryPerson, ...]) -> StoryPerson:
    """Return the person with another pass instead of the own one: with a limit, or borrowed from somebody else."""
    own = f"pass of {person.name}"
    if person.behaves not in HONEST or own not in person.carries:
        return person
    owner = chance.choice(people).name if chance.random() < 0.2 else person.name
    kind = chance.choice(("pass", "pass", "pass", "pass", "daily", "single"))
    return replace(person, carries=tuple(f"{kind} of {owner}" if one == own else one for one in person.carries))


def _who_comes_back(chance: random.Random, person: StoryPerson) -> StoryPerson:
    """Return the person, who may come back after being sent away, with a fever that is gone by then."""
    has_fever = person.skin_c >= FEVERISH_C
    if person.behaves not in HONEST or chance.random() > (0.6 if has_fever else 0.1):
        return person
    skin_c = HEALTHY_C if has_fever and chance.random() < 0.8 else None
    return replace(person, returns_s=round(chance.uniform(3.0, 90.0), 1), returns_skin_c=skin_c)


def _body(at_s: float, name: str, word: str, when: str = "") -> StoryLine:
    return StoryLine("body", name, "does", word, round(at_s, 2), when)


def _together(chance: random.Random, people: list[StoryPerson]) -> list[StoryLine]:
    """Two step in together, and both do what the screen says."""
    leader, name = chance.choice(people), f"J{len(people)}"
    skin_c = chance.choice((HEALTHY_C, FEVERISH_C))
    carries = chance.choice(((), (f"pass of {name}",), (f"pass of {leader.name}",)))
    people.append(StoryPerson(name, skin_c, carries, "joins", leader.name, max(leader.arrives_s - 0.3, 0.0)))
    return []


def _passed_back(chance: random.Random, people: list[StoryPerson]) -> list[StoryLine]:
    """Somebody goes in, and somebody else comes later with the same pass; the kiosk may have been killed meanwhile."""
    owner, borrower, arrives_s = f"O{len(people)}", f"Q{len(people)}", round(chance.uniform(1.0, 40.0), 1)
    code, later_s = f"{chance.choice(('pass', 'daily', 'single'))} of {owner}", round(chance.uniform(20.0, 90.0), 1)
    people += [
        StoryPerson(owner, HEALTHY_C, (code,), "honest", arrives_s=arrives_s),
        StoryPerson(borrower, HEALTHY_C, (code,), "honest", arrives_s=arrives_s + later_s),
    ]
    if chance.random() < 0.6:
        return []
    return [StoryLine("process", "", "is", "killed", arrives_s + later_s - 2.0, "", round(chance.uniform(0.5, 3.0), 2))]


def _goes_home(chance: random.Random, people: list[StoryPerson]) -> list[StoryLine]:
    """Somebody who went in leaves through the chamber to the street."""
    name, at_s = chance.choice(people).name, chance.uniform(4.0, 30.0)
    return [
        _body(at_s, name, "comes_out", "admitting"),
        _body(at_s + chance.uniform(1.5, 5.0), name, "steps_out", "admitting"),
    ]


def _walks_off(chance: random.Random, people: list[StoryPerson]) -> list[StoryLine]:
    """Somebody who is admitted goes back to the street, and somebody else tries the door."""
    admitted, name, at_s = chance.choice(people).name, f"W{len(people)}", chance.uniform(0.0, 2.0)
    people.append(StoryPerson(name, FEVERISH_C, (), "scripted"))
    return [
        _body(at_s, admitted, "steps_out", "admitting"),
        _body(at_s + chance.uniform(0.2, 2.0), name, "steps_in", "admitting"),
        _body(at_s + chance.uniform(1.0, 4.0), name, "goes_in", "admitting"),
        _body(at_s + 15.0, name, "steps_out", "admitting"),
    ]


def _technician(chance: random.Random, people: list[StoryPerson]) -> list[StoryLine]:  # noqa: ARG001 - one form
    """The technician turns the service key, and back."""
    when = chance.choice(("", "measuring", "scanning", "disinfecting", "admitting", "referring"))
    at_s, for_s = round(chance.uniform(0.0, 3.0 if when else 60.0), 2), round(chance.uniform(0.5, 30.0), 2)
    return [StoryLine("service_key", "", "is", "turned_on", at_s, when, for_s)]


def _burglar(chance: random.Random, people: list[StoryPerson]) -> list[StoryLine]:
    """Somebody breaks a door open, and walks in if it is the building door."""
    name, at_s, for_s = f"B{len(people)}", chance.uniform(2.0, 60.0), round(chance.uniform(0.5, 40.0), 2)
    people.append(StoryPerson(name, HEALTHY_C, (), "scripted"))
    door = chance.choice(("building", "building", "street"))
    return [
        _body(at_s - 1.5, name, "steps_in"),
        StoryLine("door", door, "is", "forced_open", round(at_s, 2), "", for_s),
        _body(at_s + chance.uniform(0.2, 3.0), name, "goes_in"),
        _body(at_s + 12.0, name, "steps_out"),
    ]


def _torn_row(chance: random.Random, people: list[StoryPerson]) -> list[StoryLine]:  # noqa: ARG001 - one form
    """The power fails while a row is written."""
    at_s, for_s = round(chance.uniform(0.0, 60.0), 2), round(chance.uniform(0.5, 8.0), 2)
    return [StoryLine("power", "", "is", "cut_in_a_row", at_s, "", for_s)]


def _stall_and_cut(chance: random.Random, people: list[StoryPerson]) -> list[StoryLine]:  # noqa: ARG001 - one form
    """The card stalls while somebody is served, and then the power fails."""
    when, at_s = chance.choice(("scanning", "measuring", "checking")), round(chance.uniform(0.0, 3.0), 2)
    cut_s = round(at_s + chance.uniform(0.1, 4.0), 2)
    return [
        StoryLine("card", "", "is", "stalled", at_s, when, round(chance.uniform(0.5, 4.0), 2)),
        StoryLine("power", "", "is", "cut", cut_s, when, round(chance.uniform(0.5, 8.0), 2)),
    ]


TRICKS: tuple[Callable[[random.Random, list[StoryPerson]], list[StoryLine]], ...] = (
    _together,
    _together,
    _passed_back,
    _passed_back,
    _goes_home,
    _walks_off,
    _technician,
    _burglar,
    _torn_row,
    _stall_and_cut,
)
