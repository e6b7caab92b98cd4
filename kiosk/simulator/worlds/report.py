"""The report of a played world, and its text."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from kiosk.simulator.worlds.stay import Broken
from kiosk.simulator.worlds.story import Story

TOLD_ROWS = """
SELECT at_s, trim(kind || ' ' || reason) FROM journal
WHERE kind IN ('fault_raised', 'fault_cleared', 'went_through') ORDER BY id
"""
"""The rows that are told; the others follow from the screen and the pins."""


@dataclass(slots=True)
class WorldReport:
    """The result of a world: broken promises, what happened line by line, and what became of each body.

    visits: how many visits have their outcome in the journal. admissions: how many of them were admitted, on the pin.
    ended_s: when the world ended, in seconds after its start. unplayed: lines that did not happen, and why.
    """

    title: str
    broken: list[Broken]
    told: list[str]
    visits: int
    admissions: int
    entered: int
    ended_s: float
    fates: dict[str, str] = field(default_factory=dict)
    unplayed: list[str] = field(default_factory=list)


def in_order(told: Iterable[tuple[float, str]]) -> list[str]:
    """Return what happened at so many seconds after the start, as lines in the order of time."""
    return [f"{at_s:7.2f} s  {what}" for at_s, what in sorted(told, key=itemgetter(0))]


def journal_tells(journal: Path, start_s: float) -> list[tuple[float, str]]:
    """Return what the journal says about faults and about bodies that went through, with seconds after the start."""
    if not journal.exists():
        return []
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as connection:
        rows = connection.execute(TOLD_ROWS).fetchall()
    return [(at_s - start_s, f"the journal says {what}") for at_s, what in rows]


def narrative(report: WorldReport) -> str:
    """Return the world as a text: what happened when, what became of each body, and the judgement."""
    fates = [f"{name} {fate}" for name, fate in report.fates.items()]
    unplayed = ["-- lines that did not happen", *report.unplayed] if report.unplayed else []
    verdict = [str(broken) for broken in report.broken] or ["every promise was kept"]
    parts = (f"== {report.title}", *_without_repetition(report.told), "-- bodies", *fates, *unplayed, "-- referee")
    return "\n".join([*parts, *verdict, ""])


def _without_repetition(lines: Iterable[str]) -> list[str]:
    """Return the lines; one that is repeated at once stands there once, with its number."""
    runs = ((line, len(list(same))) for line, same in groupby(lines))
    return [line if number == 1 else f"{line} ({number} times)" for line, number in runs]


def unplayed(story: Story, shown: set[str]) -> Iterator[str]:
    """Yield each line of the story that did not happen, and why. shown: the phases that the screen showed."""
    for line in story.lines:
        if line.when and line.when not in shown:
            yield f"{line}: the screen did not show '{line.when}'"
        elif not line.when and line.at_s >= story.lasts_s:
            yield f"{line}: the story lasts {story.lasts_s:g} s"
