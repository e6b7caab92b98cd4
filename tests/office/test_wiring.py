"""`kiosk wiring`: every pin of a site at its place, in the text and in both pictures."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.office.wiring import sheet
from kiosk.office.wiring.connections import config_lines, connections
from kiosk.settings.checks.pins import pins_of
from kiosk.settings.loader import check_file
from kiosk.settings.schema.header import GPIO_AT, PLACE_OF, SUPPLIES, at_place
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.clock import VirtualClock
from tests.commands.test_cli import kiosk
from tests.hardware.header import Header

CONFIG = Path(__file__).parents[2] / "config"
FILES = [CONFIG / "kiosk.yaml", *sorted((CONFIG / "examples").glob("*.yaml"))]


def read(path: Path) -> Settings:
    settings = check_file(path, elsewhere=True, examples=True).settings
    assert settings
    return settings


def test_the_table_of_the_header_is_that_of_gpiozero() -> None:
    header = Header(VirtualClock())
    pins = header.factory.board_info.headers["J8"].pins
    for place, gpio in GPIO_AT.items():
        assert f"GPIO{gpio}" in pins[place].names
    assert sorted([*GPIO_AT, *SUPPLIES]) == list(range(1, 41))
    assert PLACE_OF[5] == 29
    assert (at_place(29), at_place(39), at_place(41)) == ("GPIO 5", "ground", "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_pin_of_the_settings_is_drawn_at_its_place(path: Path) -> None:
    settings = read(path)
    drawn = {found.gpio: found.setting for found in connections(settings)}
    for loc, pin in pins_of(settings):
        assert drawn.pop(pin) == ".".join(map(str, loc))
    assert set(drawn) <= {2, 3}, "only the thermometer is left"
    text, svg = sheet.as_text(settings), sheet.as_svg(settings)
    words = " ".join("".join(found.itertext()) for found in ET.fromstring(svg))
    for found in connections(settings):
        assert re.search(rf"^ +{found.place} {found.gpio} +{re.escape(found.setting)} ", text, re.MULTILINE)
        assert found.wire in words
        assert found.cut in words
    assert "config.txt" in words


def test_the_example_of_the_wiring_page_has_the_lines_of_its_config_txt() -> None:
    lines = config_lines(read(CONFIG / "kiosk.yaml"))
    page = (CONFIG.parent / "docs" / "wiring.md").read_text("utf-8")
    for line in lines:
        assert re.search(rf"^{re.escape(line)}( |$)", page, re.MULTILINE), line


def test_a_cut_wire_of_an_inverted_input_does_what_the_wiring_page_says() -> None:
    cut = {found.setting: found.cut for found in connections(read(CONFIG / "kiosk.yaml"))}
    assert cut["inputs.emergency.pin"] == "emergency: the door is free"
    assert cut["inputs.presence.pin"] == "somebody is seen: no spray"
    assert cut["inputs.door_contact.pin"] == "reads as open: no spray"
    assert cut["inputs.stop.pin"].startswith("NOT NOTICED")
    occupied = {found.setting: found.cut for found in connections(read(CONFIG / "examples" / "bekasi.yaml"))}
    assert occupied["inputs.presence.pin"] == "nobody is seen"


def test_the_command_writes_both_pictures_and_refuses_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = CONFIG / "examples" / "farm.yaml"
    assert kiosk("wiring", "--config", config) == 0
    assert "street_door.relay_pin (GPIO 7)" in capsys.readouterr().out
    assert kiosk("wiring", "--config", config, "--out", tmp_path / "w.png") == 0
    picture = cv2.imdecode(np.frombuffer((tmp_path / "w.png").read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape[1] == sheet.WIDTH_PX
    assert (picture < 128).mean() > 0.01, "something is drawn"
    assert kiosk("wiring", "--config", config, "--out", tmp_path / "w.svg") == 0
    assert (tmp_path / "w.svg").read_text("utf-8").startswith("<svg ")
    assert kiosk("wiring", "--config", config, "--out", tmp_path / "w.pdf") == 3
    assert "must end with .svg or .png" in capsys.readouterr().err
