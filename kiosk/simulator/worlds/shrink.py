"""Shrinking a story: the shortest story that still breaks the same promise."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from kiosk.simulator.worlds.story import Story, StoryLine, StoryPerson

MOST_PLAYS = 400
"""Shrinking stops after so many plays."""


def shrink(story: Story, still_breaks: Callable[[Story], bool], most_plays: int = MOST_PLAYS) -> Story:
    """Return a shorter story for which `still_breaks` holds; `story` itself must satisfy it.

    It takes people, lines and settings away, one after the other, as long as any of them can go (greedy, so the result
    is a local minimum).
    """
    plays = 0
    smaller = True
    while smaller:
        smaller = False
        for candidate in _candidates(story):
            if plays >= most_plays:
                return story
            plays += 1
            if still_breaks(candidate):
                story, smaller = candidate, True
                break
    return story


def _candidates(story: Story) -> Iterator[Story]:
    """Yield stories that are one step shorter, the largest steps first."""
    half = len(story.lines) // 2
    if half > 1:
        yield replace(story, lines=story.lines[:half])
        yield replace(story, lines=story.lines[half:])
    for persona in story.people:
        if len(story.people) > 1:
            yield _without(story, persona)
    for index in range(len(story.lines)):
        yield replace(story, lines=story.lines[:index] + story.lines[index + 1 :])
    for path in _paths(story.site):
        yield replace(story, site=_cut(story.site, path))
    yield from _rounder_stories(story)


def _rounder_stories(story: Story) -> Iterator[Story]:
    for lasts_s in (story.lasts_s / 2, story.lasts_s - 5.0):
        if lasts_s > 1.0:
            yield replace(story, lasts_s=round(lasts_s, 1))
    for index, line in enumerate(story.lines):
        for rounded in _rounder(line):
            yield replace(story, lines=(*story.lines[:index], rounded, *story.lines[index + 1 :]))
    for index, persona in enumerate(story.people):
        for plainer in _plainer(persona):
            yield replace(story, people=(*story.people[:index], plainer, *story.people[index + 1 :]))


def _without(story: Story, persona: StoryPerson) -> Story:
    people = tuple(
        replace(one, behaves="scripted", follows="") if one.follows == persona.name else one
        for one in story.people
        if one is not persona
    )
    lines = tuple(line for line in story.lines if line.subject != "body" or line.name != persona.name)
    return replace(story, people=people, lines=lines)


def _rounder(line: StoryLine) -> Iterator[StoryLine]:
    if line.at_s != round(line.at_s, 1):
        yield replace(line, at_s=round(line.at_s, 1))
    if line.for_s is not None and line.for_s != round(line.for_s, 1):
        yield replace(line, for_s=round(line.for_s, 1))


def _plainer(persona: StoryPerson) -> Iterator[StoryPerson]:
    if persona.declines:
        yield replace(persona, declines=False)
    if persona.returns_s is not None:
        yield replace(persona, returns_s=None, returns_skin_c=None)
    if persona.shows != "asked":
        yield replace(persona, shows="asked")
    if persona.behaves in ("hurried", "slow"):
        yield replace(persona, behaves="honest")
    if persona.arrives_s > 1.0:
        yield replace(persona, arrives_s=1.0)


def _paths(site: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in site.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from _paths(value, (*path, key))


def _cut(site: Any, path: tuple[str, ...]) -> dict[str, Any]:
    head, *rest = path
    if not rest:
        return {key: value for key, value in site.items() if key != head}
    return {key: _cut(value, tuple(rest)) if key == head else value for key, value in site.items()}
