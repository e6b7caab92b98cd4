"""`kiosk test`: parts move only in maintenance, with their limits and interlocks, and are at rest afterwards."""

from pathlib import Path
from typing import Any

import pytest

from kiosk.display.server import DisplayServer
from kiosk.display.texts import load
from kiosk.model import ChamberWhen, Phase, Watch
from kiosk.runtime.maintenance import EMERGENCY_STANDS, PARTS, SPRAY_S, MaintenanceTests, _Pending
from kiosk.runtime.watched_parts import PICTURE_S, WATCHED_S
from kiosk.scanner.wire.messages import ScannerFigures
from kiosk.settings.schema.policy import DisplaySettings
from kiosk.simulator.mlx90614 import BusFault
from tests.booth import Booth, settings

TEXTS = Path(__file__).parents[2] / "config" / "texts"


class Bench:
    """A booth, and the technician's questions to it."""

    def __init__(self, folder: Path, display: DisplayServer | None = None, **changes: Any) -> None:
        self.booth = Booth(folder, settings(**changes), display=display).start()
        self.tests = MaintenanceTests(self.booth.kiosk)

    def ask(self, part: str, **more: str) -> dict[str, Any]:
        pending = _Pending({"part": part, **more})
        self.tests._asked.put(pending)
        self.tests.check()
        return pending.answer

    def advance(self, for_s: float) -> None:
        for _ in range(round(for_s / 0.1)):
            self.booth.advance(0.1)
            self.tests.check()

    def key(self, on: bool) -> None:
        self.booth.set("service", active=on)
        self.advance(0.3)


@pytest.fixture
def bench(folder: Path) -> Any:
    found = Bench(folder, chamber={"when": ChamberWhen.EMPTY.value, "warn_s": 1.0}, lights={"single_pin": 22})
    yield found
    found.booth.close()


@pytest.mark.parametrize("part", PARTS)
def test_outside_maintenance_no_part_is_tested(bench: Bench, part: str) -> None:
    assert "turn the service key" in bench.ask(part)["error"]
    assert not bench.booth.door_energised
    assert bench.booth.pump_ran_s == 0.0


def test_an_emergency_that_stands_is_named(bench: Bench) -> None:
    bench.booth.set("emergency", active=True)
    bench.advance(1.0)
    bench.key(on=True)
    assert bench.ask("door") == {"error": EMERGENCY_STANDS}


def test_the_door_is_unlocked_for_its_time_and_a_row_says_so(bench: Bench) -> None:
    bench.key(on=True)
    assert bench.booth.phase is Phase.MAINTENANCE
    assert "unlocked for 5 s" in bench.ask("door")["done"]
    assert bench.booth.door_energised
    bench.advance(5.2)
    assert not bench.booth.door_energised
    bench.booth.settle()
    assert ("part_tested", "", "") in bench.booth.rows()


def test_the_door_is_locked_when_maintenance_ends(bench: Bench) -> None:
    bench.key(on=True)
    bench.ask("door")
    bench.key(on=False)
    assert (bench.booth.phase, bench.booth.door_energised) == (Phase.IDLE, False)


def test_an_emergency_in_a_test_frees_the_door_and_stops_the_pump(bench: Bench) -> None:
    bench.key(on=True)
    bench.advance(2.0)
    assert "done" in bench.ask("sprayer")
    bench.ask("door")
    bench.booth.set("emergency", active=True)
    bench.advance(0.3)
    assert (bench.booth.phase, bench.booth.door_energised, bench.booth.pump_on) == (Phase.EMERGENCY, True, False)
    bench.advance(20.0)
    assert bench.booth.door_energised, "the end of the test does not lock a released door"


def test_the_pump_runs_for_a_second_and_only_as_its_interlock_allows(bench: Bench) -> None:
    bench.key(on=True)
    bench.advance(2.0)
    assert "done" in bench.ask("sprayer")
    assert bench.booth.pump_on
    bench.advance(SPRAY_S + 0.2)
    assert not bench.booth.pump_on
    bench.booth.set("door_contact", active=True)
    assert "interlock forbids" in bench.ask("sprayer")["error"]
    bench.booth.set("door_contact", active=False)
    bench.booth.set("presence", active=True)
    assert "interlock forbids" in bench.ask("sprayer")["error"], "somebody is in the chamber"
    assert not bench.booth.pump_on


def test_a_door_that_opens_in_the_test_stops_the_pump(bench: Bench) -> None:
    bench.key(on=True)
    bench.advance(2.0)
    bench.ask("sprayer")
    bench.booth.set("street_contact", active=True)
    assert not bench.booth.pump_on


def test_the_other_parts_answer(bench: Bench) -> None:
    bench.key(on=True)
    assert bench.ask("lights", signal="enter")["done"] == "signal 'enter'"
    assert "emergency" in bench.ask("lights")["signals"]
    assert bench.ask("inputs")["inputs"]["service"] is True
    assert "no section 'speaker'" in bench.ask("speaker")["error"]
    assert "the page is not served" in bench.ask("screen")["error"]
    assert "there is no test of 'roof'" in bench.ask("roof")["error"]


def test_the_thermometer_is_read_quickly_while_it_is_tested_and_shows_the_empty_spot(bench: Bench) -> None:
    bench.advance(20.0)
    bench.key(on=True)
    bench.ask("thermometer")
    bench.advance(1.0)
    first = bench.ask("thermometer")
    assert first["fault"] == ""
    assert first["sample"]["age_s"] < 0.3
    assert first["sample"]["empty_c"] == pytest.approx(first["sample"]["object_c"], abs=0.2)
    bench.booth.set("presence", active=True)
    bench.booth.face(34.0)
    for _ in range(4):
        bench.ask("thermometer")
        bench.advance(1.0)
    second = bench.ask("thermometer")["sample"]
    assert second["object_c"] == pytest.approx(34.0, abs=0.3)
    assert second["body_c"] == pytest.approx(second["object_c"] + 2.0, abs=0.02)
    assert second["empty_c"] == pytest.approx(first["sample"]["empty_c"], abs=0.2), "nobody was there when it was read"
    bench.advance(WATCHED_S + 0.5)
    times = set()
    for _ in range(100):
        bench.advance(0.1)
        sample = bench.booth.kiosk.readout.newest
        times.add(sample.at_s if sample else 0.0)
    assert len(times) <= 22, "nobody watches any more: twice a second, because somebody stands there"


def test_a_thermometer_that_fails_is_named_in_its_test(bench: Bench) -> None:
    bench.key(on=True)
    bench.booth.bus.fault = BusFault.SILENT
    bench.advance(20.0)
    assert bench.ask("thermometer")["fault"] == "thermometer_silent"


def test_the_camera_reads_codes_in_its_test_and_nobody_is_let_in(bench: Bench) -> None:
    scanner = bench.booth.scanner
    assert scanner
    scanner.figures = ScannerFigures(15.0, 3, 20.0, 30.0, 90.0)
    bench.key(on=True)
    bench.booth.set("presence", active=True)
    bench.advance(1.0)
    assert scanner.watch is Watch.OFF
    first = bench.ask("camera")
    assert (first["fault"], first["sight"], first["figures"]["frames_hz"]) == ("", None, 15.0)
    bench.advance(0.1)
    assert scanner.watch is Watch.FULL
    bench.booth.show(bench.booth.good_pass)
    answer = bench.ask("camera")
    assert (answer["sight"]["prefix"], answer["sight"]["length"]) == ("KP1:", len(bench.booth.good_pass))
    assert bench.booth.good_pass.decode() not in str(answer)
    assert (bench.booth.phase, bench.booth.door_energised) == (Phase.MAINTENANCE, False)
    bench.advance(WATCHED_S + 0.2)
    assert scanner.watch is Watch.OFF, "nobody watches any more"


def test_the_end_of_maintenance_ends_the_test_of_the_camera(bench: Bench) -> None:
    bench.key(on=True)
    bench.ask("camera")
    bench.advance(0.1)
    bench.key(on=False)
    bench.advance(WATCHED_S + 1.0)
    assert bench.booth.scanner
    assert bench.booth.phase is Phase.IDLE
    assert bench.booth.scanner.watch is Watch.GLANCE or bench.booth.scanner.watch is Watch.OFF
    bench.booth.walk_to_camera()
    assert bench.booth.scanner.watch is Watch.FULL
    bench.booth.show(bench.booth.good_pass)
    assert bench.booth.phase is Phase.ADMITTING


def test_a_site_without_thermometer_or_camera_says_so(folder: Path) -> None:
    made = Bench(folder, thermometer=None, camera=None, sequence=["disinfect"])
    made.key(on=True)
    assert "does not use a thermometer" in made.ask("thermometer")["error"]
    assert "does not use a camera" in made.ask("camera")["error"]
    made.booth.close()


def test_the_test_picture_is_shown_until_its_number_is_read(folder: Path) -> None:
    display = page_of(folder)
    made = Bench(folder, display)
    made.key(on=True)
    assert "done" in made.ask("screen")
    number = display._current[0].test
    assert 10 <= int(number) <= 99
    made.booth.press("door_contact")
    made.advance(0.3)
    assert display._current[0].test == number, "a change of the state does not hide it"
    assert "another screen, or an old picture" in made.ask("screen", seen="1")["error"]
    assert display._current[0].test == ""
    assert "begin again" in made.ask("screen", seen=number)["error"]
    made.ask("screen")
    assert "done" in made.ask("screen", seen=display._current[0].test)
    made.ask("screen")
    made.key(on=False)
    assert (display._current[0].phase, display._current[0].test) == (Phase.IDLE, "")
    made.key(on=True)
    made.ask("screen")
    made.advance(PICTURE_S + 1.0)
    assert display._current[0].test == ""
    made.booth.close()
    assert display.stop(10.0)


def page_of(folder: Path) -> DisplayServer:
    """Return a page that is served."""
    (folder / "texts").symlink_to(TEXTS)
    shown = DisplaySettings.model_construct(port=0)
    display = DisplayServer(load(TEXTS, shown.languages), settings().referrals, shown, "Kantor", simulated=False)
    display.start()
    return display


def test_a_question_that_the_loop_does_not_take_in_time_moves_nothing_later(bench: Bench) -> None:
    bench.key(on=True)
    pending = _Pending({"part": "door"})
    pending.expired = True
    bench.tests._asked.put(pending)
    bench.tests.check()
    assert not bench.booth.door_energised
