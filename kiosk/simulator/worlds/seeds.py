"""Drawing a story from a seed: the same seed gives the same story on every machine.

A drawn world has a booth (which sensors, polarities, lock, steps and times), a crowd of people, sometimes dishonest
tricks, and sometimes faults at any instant.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Any

from kiosk.simulator.worlds.drawing.extras import FEVERISH_C, HEALTHY_C, with_extras
from kiosk.simulator.worlds.drawing.faults import fault
from kiosk.simulator.worlds.drawing.habits import habits
from kiosk.simulator.worlds.drawing.rarities import with_rarities
from kiosk.simulator.worlds.judges.service_judge import fair_from_s
from kiosk.simulator.worlds.story import Story, StoryLine, StoryPerson

SEQUENCES = (
    ["disinfect", "temperature", "credential"],
    ["temperature", "credential"],
    ["credential", "temperature"],
    ["temperature", "disinfect", "credential"],
    ["credential"],
    ["temperature"],
)
MOST_PEOPLE = 6
LATE_S = 300.0
"""The world goes on for so long after the visitor came who finds out whether the kiosk recovered from its faults."""
PRESSES = ("presses", "presses", "presses_twice")
AIRLOCKS = 0.35
"""The share of drawn booths whose street door has a lock."""


def draw_story(seed: int, people: int | None = None) -> Story:
    """Return the story of `seed`. `people`: draw an honest queue of so many instead of a small crowd."""
    chance = random.Random(seed)  # noqa: S311 - a simulation, no secret
    site = _booth(chance)
    if people is not None:
        crowd = habits(seed, site, [_honest(chance, number, 0.0) for number in range(people)])
        story = with_extras(Story(f"seed {seed}", site, tuple(crowd), (), 120.0 * people, seed), tricks=False)
        return with_rarities(story, faults=False)
    crowd, lines = _crowd(chance)
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        lines += chance.choice(TRICKS)(chance, crowd)
    for _ in range(chance.choice((0, 0, 1, 2, 3))):
        lines.append(fault(chance, site))
    lines += _airlock(random.Random(f"airlock {seed}"), site, crowd)  # noqa: S311 - a simulation, no secret
    crowd = habits(seed, site, crowd)
    lines.sort(key=lambda line: (line.when, line.at_s))
    story = Story(f"seed {seed}", site, tuple(crowd), tuple(lines), 90.0 + 60.0 * len(crowd), seed)
    story = with_rarities(with_extras(story, tricks=True), faults=True)
    fair_s = fair_from_s(story)
    if not story.lines or fair_s == inf:
        return story
    late = _honest(chance, len(story.people), round(fair_s + 1.0, 1))  # is the kiosk in order again?
    return replace(story, people=(*story.people, late), lasts_s=max(story.lasts_s, late.arrives_s + LATE_S))


def _booth(chance: random.Random) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    for name, share in (("street_contact", 0.3), ("passage", 0.3), ("exit", 0.5), ("skip", 0.2), ("presence", 0.0)):
        if chance.random() < share:
            inputs[name] = None
    inputs["presence"] = {"pin": 5, "linger_s": chance.choice((0.5, 1.5, 3.0))}
    sequence, when = chance.choice(SEQUENCES), chance.choice(("occupied", "empty"))
    if when == "empty" and "disinfect" in sequence:
        inputs["presence"] |= {"active_low": False}  # a cut wire must read as somebody; 'kiosk check' demands it
    elif chance.random() < 0.3:
        inputs["presence"] |= {"active_low": False, "pull": "down"}
    door_high, pump_high = chance.random() < 0.5, chance.random() < 0.5
    site: dict[str, Any] = {
        "sequence": list(sequence),
        "inputs": inputs,
        # the pull of a starting Pi keeps each relay at rest: up on GPIO 4 to 8, down on the others
        "sprayer": {"active_high": pump_high, "relay_pin": 27 if pump_high else 7},
        "door": {
            "lock": chance.choice(("fail_secure", "fail_safe")),
            "active_high": door_high,
            "relay_pin": 17 if door_high else 4,
            "hold_s": chance.choice((3.0, 5.0, 8.0)),
        },
        "chamber": {
            "when": when,
            "skip": chance.choice(("refer", "continue")),
            "warn_s": chance.choice((8.0, 9.0, 12.0)),
            "spray_s": chance.choice((2.0, 4.0)),
            "again_s": chance.choice((5.0, 30.0)),
        },
    }
    if "disinfect" not in sequence:
        site |= {"sprayer": None, "chamber": None}
        inputs["skip"] = None
    if "temperature" not in sequence:
        site |= {"thermometer": None, "temperature": None}
    if "credential" not in sequence:
        site |= {"camera": None, "scanner": None, "credentials": None}
    return site


def _airlock(chance: random.Random, site: dict[str, Any], crowd: list[StoryPerson]) -> list[StoryLine]:
    """Give some booths a lock at the street door, and return what happens to it."""
    if chance.random() > AIRLOCKS:
        return []
    kind, high = chance.choice(("fail_safe", "fail_secure")), chance.random() < 0.5
    handle = kind == "fail_secure" or chance.random() < 0.4
    site["street_door"] = {
        "relay_pin": 18 if high else 8,
        "active_high": high,
        "lock": kind,
        "handle_inside": handle,
        "bolt_s": chance.choice((0.2, 0.5, 1.0)),
        "open_alarm_s": chance.choice((10.0, 60.0)),
    }
    inputs = site["inputs"]
    inputs.pop("street_contact", None)
    inputs["street_exit"] = None if handle and chance.random() < 0.5 else {"pin": 22}
    inputs["street_bolt"] = None if chance.random() < 0.5 else {"pin": 23}
    return [line for trick in AIRLOCK_TRICKS if chance.random() < 0.2 for line in trick(chance, crowd)]


def _honest(chance: random.Random, number: int, arrives_s: float) -> StoryPerson:
    return StoryPerson(
        name=f"P{number}",
        skin_c=FEVERISH_C if chance.random() < 0.15 else HEALTHY_C + chance.uniform(-0.2, 0.2),
        carries=(chance.choice((f"pass of P{number}",) * 6 + ("forged", "expired", "wifi")),),
        behaves=chance.choice(("honest", "honest", "hurried", "slow")),
        arrives_s=arrives_s,
        declines=chance.random() < 0.1,
    )


def _crowd(chance: random.Random) -> tuple[list[StoryPerson], list[StoryLine]]:
    people: list[StoryPerson] = []
    arrives_s = 1.0
    for number in range(chance.randint(1, MOST_PEOPLE)):
        arrives_s += chance.choice((0.2, 2.0, 10.0, 25.0))
        people.append(_honest(chance, number, round(arrives_s, 1)))
    return people, []


def _body(at_s: float, name: str, verb: str, word: str, for_s: float | None = None, when: str = "") -> StoryLine:
    return StoryLine("body", name, verb, word, round(at_s, 2), when, for_s)


def _swap(chance: random.Random, crowd: list[StoryPerson]) -> list[StoryLine]:
    """A healthy person is measured and steps out; a feverish one steps in with the pass of the first."""
    phase = chance.choice(("measuring", "scanning", "checking", "admitting", "disinfecting"))
    healthy, ill = f"S{len(crowd)}", f"T{len(crowd)}"
    after_s = chance.uniform(0.0, 4.0)
    crowd += [
        StoryPerson(healthy, HEALTHY_C, (f"pass of {healthy}",), "honest", arrives_s=chance.uniform(0.0, 20.0)),
        StoryPerson(ill, FEVERISH_C, (), "scripted"),
    ]
    return [
        _body(after_s, healthy, "does", "steps_out", when=phase),
        _body(after_s + chance.uniform(-0.2, 1.5), ill, "does", "steps_in", when=phase),
        _body(after_s + chance.uniform(1.0, 4.0), ill, "shows", f"pass of {healthy}", 10.0, phase),
        _body(0.3, ill, "does", "goes_in", when="admitting"),
        _body(1.3, ill, "does", "goes_in", when="admitting"),
        _body(3.0, ill, "does", "goes_in", when="admitting"),
        _body(20.0, ill, "does", "steps_out", when=phase),
    ]


def _tailgater(chance: random.Random, crowd: list[StoryPerson]) -> list[StoryLine]:
    """Somebody walks in and through right behind somebody else."""
    leader = chance.choice(crowd)
    crowd.append(
        StoryPerson(f"F{len(crowd)}", FEVERISH_C, (), "follows", leader.name, max(leader.arrives_s - 0.5, 0.0))
    )
    return []


def _holder(chance: random.Random, crowd: list[StoryPerson]) -> list[StoryLine]:
    """Somebody who was let in holds the door open for somebody else."""
    outside = f"H{len(crowd)}"
    crowd.append(StoryPerson(outside, HEALTHY_C, (), "scripted"))
    holder = chance.choice(crowd[:-1])
    return [
        _body(1.2, holder.name, "holds", "building", chance.uniform(3.0, 40.0), "admitting"),
        _body(chance.uniform(2.0, 6.0), outside, "does", "steps_in", when="admitting"),
        _body(chance.uniform(7.0, 9.0), outside, "does", "goes_in", when="admitting"),
        _body(20.0, outside, "does", "steps_out", when="admitting"),
    ]


def _statue(chance: random.Random, crowd: list[StoryPerson]) -> list[StoryLine]:
    """Somebody walks in and stands still for a while."""
    name = f"N{len(crowd)}"
    crowd.append(StoryPerson(name, HEALTHY_C, (), "never_moves", arrives_s=chance.uniform(0.0, 20.0)))
    return [_body(chance.uniform(40.0, 80.0), name, "does", "steps_out")]


def _sheet(chance: random.Random, crowd: list[StoryPerson]) -> list[StoryLine]:
    """Somebody holds up a sheet of sixty codes."""
    name = f"C{len(crowd)}"
    crowd.append(StoryPerson(name, HEALTHY_C, ("sheet",), "honest", arrives_s=chance.uniform(0.0, 20.0)))
    return []


def _officer(chance: random.Random, crowd: list[StoryPerson]) -> list[StoryLine]:  # noqa: ARG001 - one form for all tricks
    """The officer presses, or presses twice, or stops and starts the machine."""
    at_s = round(chance.uniform(1.0, 60.0), 2)
    deed = chance.choice(("presses", "presses_twice", "stops"))
    lines = [StoryLine("officer", "", "does", deed, at_s)]
    if deed == "stops":
        lines.append(StoryLine("officer", "", "does", chance.choice(PRESSES), at_s + chance.uniform(0.3, 15.0)))
    return lines


def _emergency(chance: random.Random, crowd: list[StoryPerson]) -> list[StoryLine]:  # noqa: ARG001 - one form for all tricks
    """The emergency is raised and cleared, and the officer resets."""
    at_s = round(chance.uniform(1.0, 60.0), 2)
    clear_s = at_s + chance.uniform(1.0, 10.0)
    return [
        StoryLine("emergency", "", "is", "raised", at_s),
        StoryLine("emergency", "", "is", "cleared", clear_s),
        StoryLine("officer", "", "does", chance.choice(PRESSES), clear_s + chance.uniform(1.0, 5.0)),
    ]


def _leaver(chance: random.Random, crowd: list[StoryPerson]) -> list[StoryLine]:
    """Somebody steps out for a moment and comes back."""
    who = chance.choice(crowd)
    phase = chance.choice(("disinfecting", "measuring", "scanning", "checking", "admitting", "referring"))
    out_s = chance.uniform(0.0, 5.0)
    return [
        _body(out_s, who.name, "does", "steps_out", when=phase),
        _body(out_s + chance.uniform(1.0, 3.0), who.name, "does", "steps_in", when=phase),
    ]


def _propper(chance: random.Random, crowd: list[StoryPerson]) -> list[StoryLine]:
    """Somebody holds the street door open on the way in, or in a visit."""
    who = chance.choice(crowd).name
    for_s, when = chance.uniform(2.0, 40.0), chance.choice(("", "disinfecting", "measuring", "scanning"))
    return [_body(chance.uniform(0.0, 4.0), who, "holds", "street", for_s, when)]


def _intruder(chance: random.Random, crowd: list[StoryPerson]) -> list[StoryLine]:
    """Somebody pulls at the street door while another visitor is served, and steps in if it opens."""
    name, phase = f"I{len(crowd)}", chance.choice(("measuring", "scanning", "checking", "admitting", "referring"))
    crowd.append(StoryPerson(name, FEVERISH_C, (), "scripted"))
    at_s = chance.uniform(0.0, 3.0)
    pulls = [_body(at_s + 0.5 * number, name, "does", "steps_in", when=phase) for number in range(4)]
    return [*pulls, _body(at_s + 4.0, name, "does", "goes_in", when=phase), _body(30.0, name, "does", "steps_out")]


def _stuck_street_lock(chance: random.Random, crowd: list[StoryPerson]) -> list[StoryLine]:  # noqa: ARG001 - one form
    word = chance.choice(("stuck_locked", "stuck_unlocked"))
    return [StoryLine("street_lock", "", "is", word, chance.uniform(0.0, 60.0), "", chance.uniform(1.0, 40.0))]


def _fire(chance: random.Random, crowd: list[StoryPerson]) -> list[StoryLine]:  # noqa: ARG001 - one form
    """An emergency in a visit."""
    when, at_s = chance.choice(("measuring", "scanning", "admitting", "disinfecting")), chance.uniform(0.0, 3.0)
    return [
        StoryLine("emergency", "", "is", "raised", at_s, when, 8.0),
        StoryLine("officer", "", "does", "presses", at_s + 12.0, when),
    ]


AIRLOCK_TRICKS = (_propper, _intruder, _stuck_street_lock, _fire)

TRICKS: tuple[Callable[[random.Random, list[StoryPerson]], list[StoryLine]], ...] = (
    _swap,
    _swap,
    _tailgater,
    _holder,
    _statue,
    _sheet,
    _officer,
    _emergency,
    _leaver,
    _leaver,
)
