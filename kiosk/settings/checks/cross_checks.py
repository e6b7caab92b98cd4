"""The list of all cross-checks, and the conversion of their findings into mistakes.

Rule 1: values from the file and defaults are checked in the same way, so a conflict with a default is found too.
Rule 2: a finding that depends on a setting with a reported mistake is left out, because it may be false.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from kiosk.settings.checks import airlock, online, pins, rules, steps, times
from kiosk.settings.checks.files import files, journal_path, texts
from kiosk.settings.checks.findings import CheckFinding, Sheet
from kiosk.settings.yaml.locations import Loc, overlap
from kiosk.settings.yaml.mistakes import Mistake, Severity, mistake_at

CHECKS: tuple[Callable[[Sheet], Iterator[CheckFinding]], ...] = (
    pins.pins_used_twice,
    pins.reserved_pins,
    pins.relays_that_switch_at_start,
    pins.cut_wires,
    pins.pulls_without_effect,
    steps.repeated_steps,
    steps.steps_without_devices,
    steps.no_start_of_a_visit,
    steps.no_check_of_the_visitor,
    steps.no_time_to_decline,
    steps.sprayer_without_contacts,
    steps.no_restart_by_the_officer,
    steps.values_in_order,
    steps.repeated_questions,
    steps.settings_without_effect,
    steps.imager_with_values_of_the_spot_sensor,
    steps.lamps,
    airlock.airlock_without_contacts,
    airlock.locked_in,
    airlock.inputs_without_airlock,
    online.time_for_all_requests,
    online.prefixes,
    online.headers_given_twice,
    online.results_of_check_in,
    online.check_in_in_its_place,
    times.known_time_zone,
    rules.rules_that_nobody_meets,
)


def cross_check(sheet: Sheet, folder: Path, texts_dir: Path | None, *, elsewhere: bool) -> Iterator[CheckFinding]:
    """Yield the findings of all cross-checks; see `loader.check_file` for the parameters."""
    for check in CHECKS:
        yield from check(sheet)
    severity = Severity.WARNING if elsewhere else Severity.ERROR
    yield from online.addresses(sheet, severity)
    yield from files(sheet, folder, severity)
    yield from journal_path(sheet, folder)
    if texts_dir is not None:
        yield from texts(sheet, texts_dir)


def as_mistake(finding: CheckFinding, sheet: Sheet) -> Mistake:
    """Return the finding as a mistake, with its line and the name of the setting."""
    locations = sheet.locations
    return mistake_at(locations.at(finding.loc), locations.name(finding.loc), finding.text, finding.severity)


def depends_on(finding: CheckFinding, broken: set[Loc]) -> bool:
    """Return True if the finding depends on a setting in `broken`, the locs of the values that could not be used."""
    return any(overlap(loc, bad) for loc in (finding.loc, *finding.also) for bad in broken)
