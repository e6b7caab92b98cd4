"""The booth of a world: the settings that a story changes, and how long a visit in it and the wait for one may take."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from kiosk.errors import KioskError
from kiosk.model import Step
from kiosk.settings.loader import parse
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.worlds.codes import PUBLIC_KEY, SITE

BOOTH: dict[str, Any] = {
    "name": "world",
    "site": "World",
    "sequence": ["disinfect", "temperature", "credential"],
    "door": {"relay_pin": 4, "active_high": False},
    "sprayer": {"relay_pin": 7, "active_high": False},
    "chamber": {"when": "occupied", "warn_s": 8.0, "spray_s": 3.0, "again_s": 10.0},
    "inputs": {
        "presence": {"pin": 5},
        "passage": {"pin": 6},
        "door_contact": {"pin": 12},
        "street_contact": {"pin": 13},
        "officer": {"pin": 16},
        "stop": {"pin": 19},
        "skip": {"pin": 20},
        "service": {"pin": 21},
        "exit": {"pin": 24},
        "emergency": {"pin": 26},
    },
    "thermometer": {},
    "temperature": {"retest_pause_s": 5.0},
    "camera": {},
    "scanner": {"scan_s": 20.0},
    "credentials": {"site_pass": {"site": SITE, "public_keys": [PUBLIC_KEY]}},
    "journal": {"path": "journal.db"},
}
"""The booth of a story that changes nothing: everything is wired, and times are short."""


LEAVING_S = 20.0
"""From the end of a visit until the next one may begin: the way out, the closers of the doors, the presence sensor's
`linger_s`, and the reactions of people."""

SECOND_CODE_S = 10.0
"""Time in which an honest visitor who was referred fetches a code and shows it."""


def settings_of(site: Mapping[str, Any], folder: Path) -> Settings:
    """Return the settings of the default booth with the changes of `site`; a value of None takes a section away.

    Raises `KioskError` with every mistake that `kiosk check` would report.
    """
    text = yaml.dump(changed(BOOTH, site), Dumper=yaml.CSafeDumper)
    mistakes, settings = parse(text.encode(), folder, elsewhere=True)
    if settings is None:
        raise KioskError("\n".join(mistake.shown("site") for mistake in mistakes))
    return settings


def longest_visit_s(settings: Settings) -> float:
    """Return the longest time that an honest visitor may need from the street door to the building."""
    chamber, temperature = settings.chamber, settings.temperature
    spray_s = chamber.warn_s + chamber.spray_s + chamber.wait_s if Step.DISINFECT in settings.sequence else 0.0
    measure_s = 2 * temperature.measure_s * temperature.unreliable_attempts + temperature.retest_pause_s
    ask_s = len(settings.questions.ask) * settings.questions.answer_s if Step.QUESTIONS in settings.sequence else 0.0
    scan_s = settings.scanner.scan_s + 2 * settings.credentials.timeout_s + SECOND_CODE_S
    return spray_s + measure_s + ask_s + scan_s + 2 * settings.door.hold_s


def longest_wait_s(settings: Settings) -> float:
    """Return the longest time that the next honest visitor may need to wait at the street door of a kiosk in order."""
    return longest_visit_s(settings) + LEAVING_S


def changed(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes`, section by section."""
    merged = dict(base)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = changed(merged[key], value)
        else:
            merged[key] = value
    return merged
