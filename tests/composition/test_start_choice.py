"""The settings with which the kiosk starts, for accepted, refused and mutated files."""

import os
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from kiosk.composition.site_rules import SAFE_MODE
from kiosk.composition.starting.start_choice import REFUSED, UNUSABLE, choose
from kiosk.composition.starting.starts import StartRecord
from kiosk.hardware.safe_state import outputs
from kiosk.settings.last_good import WIRED, WIRES, keep
from kiosk.settings.loader import parse
from tests.samples import WHOLE

CONFIG = Path(__file__).parents[2] / "config"
GOOD = (CONFIG / "kiosk.yaml").read_text("utf-8").replace("FILL_IN ", "").replace("status.example.com", "status.go.id")
CALM = StartRecord("boot")
UNSTABLE = StartRecord("boot", crashes=(1.0, 2.0, 3.0), cause="a bug")

MUTATIONS = int(os.environ.get("KIOSK_MUTATED_SETTINGS", "20000" if WHOLE else "60"))
"""Number of mutated files."""


DEFAULTS = {"active_high": True, "active_low": True, "address": 0x5A, "bus": 1, "lock": "fail_secure", "pull": "up"}
"""Defaults of the wires that the reference file names."""


@pytest.fixture
def site(folder: Path) -> Path:
    """The settings file of a site whose settings have served."""
    (folder / "trust").mkdir()
    (folder / "trust" / "site-pass.pub.pem").write_text("a key")
    (folder / "secrets").mkdir()
    (folder / "secrets" / "status-token").write_text("a token")
    (folder / "texts").symlink_to(CONFIG / "texts")
    keep(folder, GOOD.encode())
    (folder / "kiosk.yaml").write_text(GOOD)
    return folder / "kiosk.yaml"


def test_an_accepted_file_is_used_and_kept(site: Path) -> None:
    choice = choose(site, site.parent, CALM)
    assert (choice.fault, choice.data) == ("", GOOD.encode())
    assert choice.settings


def test_after_crashes_the_accepted_file_is_used_in_safe_mode_which_names_the_cause(site: Path) -> None:
    choice = choose(site, site.parent, UNSTABLE)
    assert choice.fault == SAFE_MODE
    assert "a bug" in choice.why[-1]
    assert choice.settings
    assert (choice.settings.camera, choice.settings.thermometer, choice.settings.speaker) == (None, None, None)
    assert choice.settings.inputs.emergency
    assert choice.data == b"", "settings that crash are not kept"


def test_a_mistake_beside_the_wiring_is_answered_with_the_settings_that_served(site: Path) -> None:
    site.write_text(GOOD.replace("hold_s: 5.0", "hold_S: 5.0"))
    choice = choose(site, site.parent, CALM)
    assert choice.fault == REFUSED
    assert choice.settings == parse(GOOD.encode(), site.parent)[1]
    assert "door.hold_S: unknown setting" in choice.why[0]
    assert choice.data == b""


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        ("relay_pin: 6 # header 31", "relay_pin: 6\n  foo: 1", "its wiring cannot be read"),
        ("relay_pin: 6 # header 31", "relay_pin: 7\n  max_sprays: 1", "differs from that of the settings that served"),
        ("relay_pin: 6 # header 31", "relay_pin: 6\n  active_high: true", "its wiring cannot be read"),
        ("name: entrance-1", "name: 'entrance-1", "its wiring cannot be read"),
    ],
)
def test_other_or_unreadable_wires_are_not_driven(site: Path, right: str, wrong: str, reason: str) -> None:
    assert right in GOOD
    site.write_text(GOOD.replace(right, wrong))
    choice = choose(site, site.parent, CALM)
    assert (choice.settings, choice.fault) == (None, UNUSABLE)
    assert reason in choice.why[-1]


def test_without_settings_that_served_nothing_is_driven(site: Path, tmp_path: Path) -> None:
    site.write_text(GOOD.replace("site: Balai Kota", "site: FILL_IN Balai Kota"))
    assert choose(site, tmp_path, CALM).fault == UNUSABLE
    assert choose(site, None, CALM).settings is None
    site.unlink()
    assert choose(site, site.parent, CALM).settings is None


def test_if_the_copy_is_refused_too_the_officer_and_the_emergency_remain(site: Path) -> None:
    (site.parent / "trust" / "site-pass.pub.pem").unlink()
    choice = choose(site, site.parent, CALM)
    assert choice.fault == SAFE_MODE
    assert choice.settings
    assert list(outputs(choice.settings)) == list(outputs(good(site)))
    assert "site-pass.pub.pem' is missing" in choice.why[0]


def test_no_mutated_file_gives_a_traceback_or_drives_a_pin_that_the_file_does_not_have(site: Path) -> None:
    """A file is accepted, or its wires are those of the settings that served, or no pin is driven."""
    chance = random.Random(1)
    known, drawn = wires(yaml.safe_load(GOOD)), list(outputs(good(site)))
    seen = set()
    for _ in range(MUTATIONS):
        text = GOOD
        for _ in range(chance.randint(1, 3)):
            text = mutate(text, chance)
        site.write_text(text, "utf-8", newline="")
        choice = choose(site, site.parent, CALM)
        seen.add(choice.fault)
        if choice.fault in {REFUSED, SAFE_MODE}:
            assert choice.settings
            assert list(outputs(choice.settings)) == drawn
            assert wires(yaml.load(text, yaml.CSafeLoader)) == known, text
            assert choice.why
        elif choice.fault:
            assert choice.settings is None
            assert choice.why
        else:
            assert choice.settings == parse(text.encode(), site.parent, site.parent / "texts")[1]
    assert seen == {"", REFUSED, UNUSABLE} or seen == {"", REFUSED, UNUSABLE, SAFE_MODE}


def good(site: Path) -> Any:
    return parse(GOOD.encode(), site.parent)[1] or parse(GOOD.encode(), site.parent, elsewhere=True)[1]


def wires(site: dict[str, Any]) -> dict[str, object]:
    """Return the settings of wires as PyYAML reads them, by their full names, without those that have their default."""
    found: dict[str, object] = {}

    def collect(section: object, name: str) -> None:
        if isinstance(section, dict):
            for key, value in section.items():
                collect(value, f"{name}.{key}")
        elif (key := name.rpartition(".")[2]) in WIRES and section != DEFAULTS.get(key):
            found[name] = section

    for name in WIRED:
        collect(site.get(name), name)
    return found


def mutate(text: str, chance: random.Random) -> str:
    """Return the text with one mistake as people make them."""
    lines = text.splitlines(keepends=True) or [""]
    number = chance.choice([number for number, line in enumerate(lines) if ":" in line.partition("#")[0]] or [0])
    line = lines[number]
    at = chance.randrange(max(len(line.partition("#")[0].rstrip()), 1))
    match chance.randrange(9):
        case 0:
            del lines[number]
        case 1:
            lines.insert(number, line)
        case 2:
            lines[number] = line[:at] + line[at + 1 :]
        case 3:
            lines[number] = line[:at] + chance.choice("aZ0 :,#'\"[]{}-\t&*!|é") + line[at:]
        case 4:
            other = chance.randrange(len(lines))
            lines[number], lines[other] = lines[other], line
        case 5:
            key, _, _ = line.partition(":")
            lines[number] = f"{key}: {chance.choice(['5', '99', '-1', 'true', 'null', '{}', '[]', 'x', '010'])}\n"
        case 6:
            lines[number] = line[:at] + line[at : at + 2][::-1] + line[at + 2 :]
        case 7:
            lines[number] = f"{' ' * chance.randrange(5)}{line.lstrip()}"
        case _:
            lines = lines[:number]
    return "".join(lines)
