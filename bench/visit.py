"""Seconds from stepping in to the unlocked door, for the demo's honest people: `python -m bench.visit [--json]`.

The demo's kiosk serves its people on the virtual clock, so the figures are the same on every machine: they hold the
times of the site's settings, of the sensors and of the people, and no processor time.

Two booths are measured: the demo's own, which sprays the visitor, and the same booth with a chamber that is treated
between visitors. In each, the people take out the phone when it is asked for, or have it ready in the hand.
"""

import argparse
import json
import logging
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Row, table
from kiosk.flow.state import Outcome
from kiosk.model import ChamberWhen
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.demo import Demo
from kiosk.simulator.demo_command import OWN_SETTINGS, load_settings
from kiosk.simulator.people.personas import Persona, VisitorCodes, one_of_each
from kiosk.simulator.people.visitor import Ending

BEFORE_S = {ChamberWhen.OCCUPIED: 7.88, ChamberWhen.EMPTY: 2.88}
"""The medians of the flow that did one step after the other (commit 59cea31), measured by this module."""

WARN_S, SPRAY_S = 2.0, 3.0
"""The demo's times at that commit. With `occupied`, no visit is shorter than both together: the visitor is told first,
and then sprayed."""

AIM = 0.6
"""The share of the former time that a visit with the phone ready in the hand may take."""


@dataclass(frozen=True, slots=True)
class Served:
    """One visitor who was admitted: seconds from stepping in to the unlocked door."""

    name: str
    took_s: float


def honest_people(codes: VisitorCodes) -> Iterator[Persona]:
    """Yield the people of the demo whom the kiosk admits at their first try, the phone not ready."""
    admitted = (persona for persona in one_of_each(codes) if persona.outcome is Outcome.ADMITTED)
    yield from (persona for persona in admitted if persona.fetches_s is None and not persona.ready)


def served(settings: Settings, *, ready: bool) -> list[Served]:
    """Let the honest people visit a demo with these settings, one after the other; `ready`: phone in the hand."""

    def people(codes: VisitorCodes) -> Iterator[Persona]:
        yield from (replace(persona, ready=ready) for persona in honest_people(codes))

    clock, endings = VirtualClock(), list[Ending]()
    unlocked_s: list[float] = []
    with TemporaryDirectory(prefix="bench-visit-") as folder:
        demo = Demo(settings, Path(folder), people, clock, endings.append)
        count = len(tuple(people(demo.codes)))
        demo.start()
        was_unlocked = False
        while len(endings) < count:
            demo.advance()
            if demo.booth.unlocked and not was_unlocked:
                unlocked_s.append(clock.now_s())
            was_unlocked = demo.booth.unlocked
        demo.close()
    assert all(ending.as_scripted for ending in endings), "an honest visitor was not admitted"
    return [
        Served(ending.persona.name, round(at_s - ending.came_at_s, 2))
        for ending, at_s in zip(endings, unlocked_s, strict=True)
    ]


def booths() -> dict[ChamberWhen, Settings]:
    """Return the demo's settings with each use of the chamber, and with the times for which `BEFORE_S` holds."""
    settings = load_settings(OWN_SETTINGS)
    times = {"warn_s": WARN_S, "spray_s": SPRAY_S}
    return {
        when: settings.model_copy(update={"chamber": settings.chamber.model_copy(update={"when": when, **times})})
        for when in ChamberWhen
    }


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.visit", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="print JSON, with the seconds of each visitor")
    as_json = parser.parse_args(arguments).json
    logging.disable(logging.CRITICAL)
    found = {
        (when, ready): served(settings, ready=ready) for when, settings in booths().items() for ready in (False, True)
    }
    if as_json:
        print(json.dumps([_figures(when, ready, people) for (when, ready), people in found.items()], indent=2))
        return
    rows = [
        Row(
            f"chamber {when.value}, phone {'ready' if ready else 'when asked'}",
            [one.took_s for one in people],
            "s",
            f"≤ {AIM * BEFORE_S[when]:.2f} s" if ready else "",
        )
        for (when, ready), people in found.items()
    ]
    print(table(rows))


def _figures(when: ChamberWhen, ready: bool, people: list[Served]) -> dict[str, object]:
    median_s = statistics.median(one.took_s for one in people)
    return {
        "chamber": when.value,
        "phone_ready": ready,
        "before_s": BEFORE_S[when],
        "median_s": median_s,
        "ratio": round(median_s / BEFORE_S[when], 3),
        "aim": AIM,
        "least_possible_s": WARN_S + SPRAY_S if when is ChamberWhen.OCCUPIED else 0.0,
        "people": {one.name: one.took_s for one in people},
    }


if __name__ == "__main__":
    main()
