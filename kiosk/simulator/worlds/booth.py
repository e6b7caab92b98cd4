"""The booth of a world: the settings that a story changes, and how long a visit in it and the wait for one may take."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from kiosk.errors import KioskError
from kiosk.model import Step
from kiosk.settings.loader import parse
from kiosk.settings.schema.settings import Settings
from kiosk.settings.yaml.mistakes import Severity
from kiosk.simulator.worlds.codes import PUBLIC_KEY, SITE
from kiosk.simulator.worlds.services.status import ONLINE_STATUS
from kiosk.simulator.worlds.services.venue import CHECK_IN

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
        "tamper": {"pin": 25},
    },
    "thermometer": {},
    "temperature": {"retest_pause_s": 5.0},
    "camera": {},
    "scanner": {"scan_s": 20.0},
    "credentials": {"site_pass": {"site": SITE, "public_keys": [PUBLIC_KEY]}},
    "journal": {"path": "journal.db"},
}
"""The booth of a story that changes nothing: everything is wired, and times are short."""

FREE_PINS = (*range(8, 28), *range(4, 8))
"""Pins for parts of the default booth whose own pin a story gives to another part; 2 and 3 are the thermometer's."""

LEAVING_S = 20.0
"""From the end of a visit until the next one may begin: the way out, the closers of the doors, the presence sensor's
`linger_s`, and the reactions of people."""

SECOND_CODE_S = 10.0
"""Time in which an honest visitor who was referred fetches a code and shows it."""


def settings_of(site: Mapping[str, Any], folder: Path) -> Settings:
    """Return the settings of the default booth with the changes of `site`; a value of None takes a section away.

    Raises `KioskError` with every error that `kiosk check` would report.
    """
    text = yaml.dump(_with_own_pins(changed(_fitted(site), site), site), Dumper=yaml.CSafeDumper)
    mistakes, settings = parse(text.encode(), folder, elsewhere=True)
    if settings is None:
        errors = (mistake for mistake in mistakes if mistake.severity is Severity.ERROR)
        raise KioskError("\n".join(f"site: {mistake.key}: {mistake.text}" for mistake in errors))
    if settings.journal.path != BOOTH["journal"]["path"]:
        raise KioskError("site: journal.path: a world has a journal of its own; leave it out")
    outside = {"speaker": settings.speaker, "fleet": settings.fleet, "bundles": settings.bundles}
    for name, section in outside.items():
        if section is not None:
            raise KioskError(f"site: {name}: a world has no loudspeaker, no fleet and no bundles; leave it out")
    return settings


def _fitted(site: Mapping[str, Any]) -> dict[str, Any]:
    """Return the default booth with the parts that the changes of `site` need and may leave out."""
    inputs: dict[str, Any] = {}
    parts: dict[str, Any] = {"inputs": inputs}
    if "questions" in (site.get("sequence") or ()):
        inputs |= {"yes": {"pin": 14}, "no": {"pin": 15}}
    if _section(site, "chamber").get("when") == "empty":
        inputs["presence"] = {"active_low": False}  # a cut wire must read as somebody; 'kiosk check' demands it
    if not {"sprayer", "chamber"} & site.keys() and "disinfect" not in site.get("sequence", BOOTH["sequence"]):
        parts["sprayer"] = None
    street_door = _section(site, "street_door")
    if site.get("street_door") is not None and "relay_pin" not in street_door:
        parts["street_door"] = {"relay_pin": 8, "active_high": False}
    if site.get("street_door") is not None and street_door.get("handle_inside") is not True:
        inputs["street_exit"] = {"pin": 22}
    services = {"check_in": CHECK_IN, "online_status": ONLINE_STATUS}
    credentials = _section(site, "credentials")
    parts["credentials"] = {name: base for name, base in services.items() if credentials.get(name) is not None}
    return changed(BOOTH, parts)


def _section(site: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a section of `site`; an empty one if it is not there or is no section."""
    section = site.get(name)
    return section if isinstance(section, Mapping) else {}


def _with_own_pins(booth: dict[str, Any], site: Mapping[str, Any]) -> dict[str, Any]:
    """Return the booth, in which a part that `site` does not name gives way if `site` uses its pin."""
    told = dict(_pins(site))
    free = (pin for pin in FREE_PINS if pin not in {*told.values(), *dict(_pins(booth)).values()})
    for path, pin in _pins(booth):
        if path not in told and pin in told.values():
            way: Any = next(free, pin)
            for name in reversed(path):
                way = {name: way}
            booth = changed(booth, way)
    return booth


def _pins(section: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the path and the value of each pin in a section."""
    for name, value in section.items():
        if isinstance(value, Mapping):
            yield from _pins(value, (*path, name))
        elif name == "pin" or name.endswith("_pin"):
            yield (*path, name), value


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
        elif isinstance(value, Mapping):
            before = merged.get(key)
            merged[key] = changed(before if isinstance(before, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged
