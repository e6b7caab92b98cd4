"""docs/wiring.md agrees with the example settings, the signals and the units."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kiosk.hardware.signals import LIGHTS, SOUNDS
from kiosk.model import Signal

from .header import Header

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/wiring.md").read_text(encoding="utf-8")
EXAMPLE = yaml.safe_load((ROOT / "config/kiosk.yaml").read_text(encoding="utf-8"))
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]


def pins(section: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, int]]:
    for key, value in section.items():
        if isinstance(value, dict):
            yield from pins(value, f"{prefix}{key}.")
        elif key == "pin" or key.endswith("_pin"):
            yield f"{prefix}{key}", value


@pytest.mark.parametrize(("setting", "pin"), list(pins(EXAMPLE)))
def test_the_table_has_each_pin_of_the_example_with_its_header_number(header: Header, setting: str, pin: int) -> None:
    [row] = [row for row in ROWS if row[0] == f"`{setting}`"]
    assert row[1] == f"GPIO{pin}"
    places = header.factory.board_info.headers["J8"].pins.values()
    assert any({f"GPIO{pin}", f"J8:{row[2]}"} <= place.names for place in places)


def test_the_rest_level_of_each_relay_of_the_example_is_its_reset_pull() -> None:
    for device in ("door", "sprayer"):
        relay = EXAMPLE[device]
        assert (relay["relay_pin"] <= 8) is (relay["active_high"] is False)
        [row] = [row for row in ROWS if row[0] == f"`{device}.relay_pin`"]
        assert row[3] == ("low" if relay["active_high"] else "high")


def test_the_table_has_each_signal_with_its_rhythm_and_its_sound() -> None:
    for signal in Signal:
        [row] = [row for row in ROWS if row[0] == signal.value.replace("_", " ")]
        assert (row[3] == "none") is not any(on for on, _ in SOUNDS[signal])
        assert (row[2] == "steady") is (len(LIGHTS[signal]) == 1)


@pytest.mark.parametrize(
    ("unit", "setting"),
    [
        ("kiosk.service", "WatchdogSec"),
        ("kiosk.service", "RestartSec"),
        ("kiosk.service", "TimeoutStopSec"),
        ("kiosk-watchdog.conf", "RuntimeWatchdogSec"),
    ],
)
def test_the_times_on_the_page_are_those_of_the_units(unit: str, setting: str) -> None:
    text = (ROOT / "systemd" / unit).read_text(encoding="utf-8")
    [seconds] = re.findall(rf"^{setting}=(\d+)$", text, re.MULTILINE)
    assert set(re.findall(rf"`{setting}=(\d+)`", PAGE)) == {seconds}
