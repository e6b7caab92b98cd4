"""The cross-checks on the finished settings, each with the line to look at.

Rule 1: written values and defaults are judged alike, so a clash with a default is found too.
Rule 2: nothing is said about settings that were reported already; who mends those is told the rest then.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from kiosk.settings.checks import online, pins, steps
from kiosk.settings.checks.files import files, texts
from kiosk.settings.checks.findings import CheckFinding, Sheet
from kiosk.settings.yaml.locations import Loc, overlap
from kiosk.settings.yaml.mistakes import Mistake, Severity, mistake_at

CHECKS: tuple[Callable[[Sheet], Iterator[CheckFinding]], ...] = (
    pins.pins_used_twice,
    pins.pins_that_are_taken,
    pins.relays_that_move_at_start,
    pins.wires_that_may_be_cut,
    pins.pulls_that_cannot_work,
    steps.steps_twice,
    steps.steps_without_devices,
    steps.who_starts_a_visit,
    steps.who_is_looked_at,
    steps.sprayer_without_contacts,
    steps.officer_who_cannot_start,
    steps.values_in_order,
    steps.settings_without_effect,
    steps.lamps,
    online.address,
    online.time_for_all_questions,
    online.prefixes,
    online.headers_given_twice,
)


def cross_check(sheet: Sheet, folder: Path, texts_dir: Path | None, *, elsewhere: bool) -> Iterator[CheckFinding]:
    """Everything that is wrong with the settings as a whole; see `loader.check_file` for the parameters."""
    for check in CHECKS:
        yield from check(sheet)
    yield from files(sheet, folder, Severity.WARNING if elsewhere else Severity.ERROR)
    if texts_dir is not None:
        yield from texts(sheet, texts_dir)


def as_mistake(finding: CheckFinding, sheet: Sheet) -> Mistake:
    """The finding with its line and the setting's name."""
    places = sheet.places
    return mistake_at(places.at(finding.loc), places.name(finding.loc), finding.text, finding.severity)


def rests_on(finding: CheckFinding, broken: set[Loc]) -> bool:
    """Whether the finding judges a setting that could not be used as it was written."""
    return any(overlap(loc, bad) for loc in (finding.loc, *finding.also) for bad in broken)
