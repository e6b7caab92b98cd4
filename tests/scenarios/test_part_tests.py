"""`kiosk test`: parts move only in maintenance, with their limits and interlocks, and are at rest afterwards."""

from pathlib import Path
from typing import Any

import pytest

from kiosk.model import ChamberWhen, Phase
from kiosk.runtime.maintenance import PARTS, SPRAY_S, MaintenanceTests, _Pending
from tests.booth import Booth, settings


class Bench:
    """A booth, and the technician's questions to it."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.booth = Booth(folder, settings(**changes)).start()
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
    assert bench.ask("thermometer")["done"] == "thermometer: it answers"
    assert bench.ask("camera")["done"] == "camera: it answers"
    assert "no section 'speaker'" in bench.ask("speaker")["error"]
    assert "the page is not served" in bench.ask("screen")["error"]
    assert "there is no test of 'roof'" in bench.ask("roof")["error"]


def test_a_question_that_the_loop_does_not_take_in_time_moves_nothing_later(bench: Bench) -> None:
    bench.key(on=True)
    pending = _Pending({"part": "door"})
    pending.expired = True
    bench.tests._asked.put(pending)
    bench.tests.check()
    assert not bench.booth.door_energised
