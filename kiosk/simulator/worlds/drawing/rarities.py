"""Rarities of drawn stories: network services, faults of buttons' wires, warm rooms, fewer sensors, foreign passes.

Each has draws of its own, so that it does not change what the others draw.
"""

import random
from collections.abc import Iterator
from dataclasses import replace

from kiosk.simulator.worlds.services.status import with_status
from kiosk.simulator.worlds.services.venue import with_venue
from kiosk.simulator.worlds.story import Story, StoryLine, StoryPerson

VENUES, STATUSES, FOREIGN, ROOMS, WIRES, NO_CONTACT, NO_PRESENCE = 0.15, 0.15, 0.2, 0.06, 0.2, 0.1, 0.15
"""The shares of stories with each of them; `FOREIGN` is the share of expired passes that are another office's."""

BUTTONS = (
    *("officer", "exit", "skip", "emergency", "stop", "service", "tamper"),
    *("street_exit", "street_bolt", "yes", "no"),
)
"""Inputs beside the sensors. A short on the officer's wire is a press for every kiosk, and for the referee."""


def with_rarities(story: Story, *, faults: bool) -> Story:
    """Return the story with rarities, or without a change. faults: also with parts that fail."""
    story = replace(story, people=tuple(_foreigners(story)))
    if _chance(story, "has a check-in").random() < VENUES:
        story = with_venue(story, faults=faults)
    if _chance(story, "asks a status service").random() < STATUSES:
        story = with_status(story, faults=faults)
    if not faults:
        return story
    lines = sorted((*story.lines, *_button_faults(story)), key=lambda one: (one.when, one.at_s))
    return replace(story, site=_with_fewer_sensors(story), lines=tuple(lines), room_c=_room_c(story))


def _chance(story: Story, about: str) -> random.Random:
    return random.Random(f"{about} {story.seed}")  # noqa: S311 - a simulation, no secret


def _foreigners(story: Story) -> Iterator[StoryPerson]:
    """Yield the people, of whom some have a pass of another office instead of one whose day is over."""
    chance = _chance(story, "foreign")
    for one in story.people:
        is_foreign = one.carries == ("expired",) and chance.random() < FOREIGN
        yield replace(one, carries=("foreign",)) if is_foreign else one


def _button_faults(story: Story) -> Iterator[StoryLine]:
    """Yield a fault of the wire of a button, if there is one."""
    chance = _chance(story, "buttons")
    if chance.random() > WIRES:
        return
    name, at_s, for_s = (
        chance.choice(BUTTONS),
        round(chance.uniform(0.0, 80.0), 2),
        round(chance.uniform(0.05, 30.0), 2),
    )
    reads = StoryLine("sensor", name, "reads", chance.choice(("active", "inactive")), at_s, "", for_s)
    flickers = StoryLine("sensor", name, "flickers_s", round(chance.uniform(0.01, 0.6), 2), at_s, "", for_s)
    yield chance.choice((reads, flickers, StoryLine("wire", name, "is", "cut", at_s, "", for_s)))


def _room_c(story: Story) -> float:
    """Return the temperature of the room, which may be as warm as skin."""
    chance = _chance(story, "room")
    return round(chance.uniform(30.0, 37.0), 1) if chance.random() < ROOMS else story.room_c


def _with_fewer_sensors(story: Story) -> dict[str, object]:
    """Return the site, which may have no contact at the building door, or no presence sensor."""
    site, sequence, chance = dict(story.site), story.site["sequence"], _chance(story, "sensors")
    needs_contact = "street_door" in site or "disinfect" in sequence
    if not needs_contact and chance.random() < NO_CONTACT:
        site["inputs"] = {**site["inputs"], "door_contact": None}
    if "disinfect" not in sequence and sequence[0] == "credential" and chance.random() < NO_PRESENCE:
        site["inputs"] = {**site["inputs"], "presence": None}
    return site
