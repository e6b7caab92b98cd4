"""The view for the technician: the steps of each visit, devices and faults, and nothing about a person."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.composition.live_view import MAX_LOG_CHARACTERS, MAX_LOG_LINES, LiveView, LogTail, fed
from kiosk.model import Phase
from kiosk.scanner.wire.messages import ScannerFigures
from kiosk.simulator.mlx90614 import BusFault
from kiosk.technician.feed import SOCKET
from kiosk.technician.trails import MAX_VISITS
from tests.booth import HEALTHY_C, Booth


@pytest.fixture
def booth(folder: Path) -> Iterator[Booth]:
    booth = Booth(folder)
    yield booth
    booth.close()


@pytest.fixture
def view(booth: Booth) -> LiveView:
    view = LiveView(booth.kiosk, LogTail())
    booth.kiosk.observers.append(view.observe)
    booth.start()
    return view


def admit(booth: Booth) -> None:
    booth.set("presence", active=True)
    booth.bus.look_at(HEALTHY_C, 26.0)
    booth.advance(12.0)
    assert booth.scanner
    booth.scanner.show(booth.good_pass)
    booth.advance(2.0)


def test_a_visit_is_shown_with_its_steps_their_times_and_the_rule_that_decided(booth: Booth, view: LiveView) -> None:
    admit(booth)
    (trail,) = view.snapshot()["visits"]
    names = [name for _, name in trail["situations"]]
    times = [at_s for at_s, _ in trail["situations"]]
    assert names[0] in ("warned", "waiting_for_doors")
    assert {"spraying", "scanning"} <= set(names)
    assert times == sorted(times)
    assert (trail["outcome"], trail["scheme"], trail["reason"]) == ("admitted", "site_pass", "")
    assert trail["rule"]


def test_the_values_of_the_visit_that_runs_are_shown_and_forgotten_at_its_end(booth: Booth, view: LiveView) -> None:
    assert view.snapshot()["reading"] is None
    booth.set("presence", active=True)
    booth.bus.look_at(HEALTHY_C, 26.0)
    booth.advance(12.0)
    reading = view.snapshot()["reading"]
    assert reading["skin_c"] == pytest.approx(HEALTHY_C, abs=0.1)
    assert reading["body_c"] == pytest.approx(reading["skin_c"] + 2.0, abs=0.011)
    assert reading["high_c"] == 37.5
    assert view.snapshot()["few_people"], "the first of the day is judged by the fixed rule"
    assert 20.0 < reading["ambient_c"] < 30.0
    booth.go_away()
    booth.advance(10.0)
    assert view.snapshot()["reading"] is None
    assert booth.kiosk.readout.of(1) is None


def test_the_trace_lasts_as_long_as_its_visit(booth: Booth, view: LiveView) -> None:
    assert view.snapshot()["trace"] == []
    booth.set("presence", active=True)
    booth.bus.look_at(HEALTHY_C, 26.0)
    booth.advance(12.0)
    trace = view.snapshot()["trace"]
    assert len(trace) >= 5
    ages, raw, ambient, corrected = zip(*trace, strict=True)
    assert list(ages) == sorted(ages, reverse=True)
    assert raw[-1] == pytest.approx(HEALTHY_C, abs=0.1)
    assert 20.0 < ambient[-1] < 30.0
    assert corrected[-1] == pytest.approx(raw[-1] + 2.0, abs=0.02)
    booth.go_away()
    booth.advance(10.0)
    assert view.snapshot()["trace"] == []
    assert booth.kiosk.readout.trace() == ()
    assert view.snapshot()["thermometer"]["object_c"] < 30.0, "the newest reading is the empty spot's again"


def test_of_a_code_only_its_kind_and_length_are_kept(booth: Booth, view: LiveView) -> None:
    assert view.snapshot()["scanner"] == {"restarts": 0, "figures": None, "sight": None}
    assert booth.scanner
    booth.scanner.figures = ScannerFigures(15.04, 3, 20.0, 30.0, 90.0)
    admit(booth)
    scanner = view.snapshot()["scanner"]
    assert (scanner["sight"]["prefix"], scanner["sight"]["length"]) == ("KP1:", len(booth.good_pass))
    assert scanner["sight"]["age_s"] >= 0.0
    assert scanner["figures"]["frames_hz"] == 15.0


def test_doors_and_inputs_have_their_levels_and_ages(booth: Booth, view: LiveView) -> None:
    booth.advance(5.0)
    booth.set("door_contact", active=True)
    booth.advance(1.0)
    snapshot = view.snapshot()
    assert snapshot["doors"] == {"building": {"locked": True, "open": True}, "street": {"open": False}}
    assert snapshot["inputs_age_s"]["door_contact"] == pytest.approx(1.0)
    assert snapshot["inputs_age_s"]["officer"] > 5.0


def test_the_times_of_the_steps_are_those_of_visits_that_ended(booth: Booth, view: LiveView) -> None:
    admit(booth)
    assert view.snapshot()["step_times"] == []
    booth.go_away()
    booth.advance(30.0)
    trail = view.snapshot()["visits"][0]
    times = {step["situation"]: step for step in view.snapshot()["step_times"]}
    assert set(times) == {name for _, name in trail["situations"]}
    assert times["spraying"]["median_s"] == pytest.approx(3.0, abs=0.1)
    assert times["spraying"]["visits"] == 1
    assert sum(step["longest_s"] for step in times.values()) == pytest.approx(trail["ended_s"], abs=0.5)


def test_a_referral_is_shown_with_its_reason(booth: Booth, view: LiveView) -> None:
    booth.set("presence", active=True)
    booth.bus.look_at(HEALTHY_C, 26.0)
    booth.advance(60.0)
    trail = view.snapshot()["visits"][0]
    assert (trail["outcome"], trail["reason"]) == ("referred", "no_credential")


def test_nothing_that_identifies_a_visitor_is_in_a_snapshot(booth: Booth, view: LiveView) -> None:
    admit(booth)
    text = json.dumps(view.snapshot())
    assert booth.good_pass.decode() not in text
    assert "mark" not in view.snapshot()["visit"]
    visit = booth.kiosk.loop.state.visit
    assert visit
    assert visit.mark
    assert str(visit.mark) not in text


def test_inputs_outputs_and_faults_are_those_of_the_pins(booth: Booth, view: LiveView) -> None:
    before = view.snapshot()
    assert before["phase"] == Phase.IDLE.value
    assert before["outputs"]["door"] == "locked"
    assert before["inputs"]["presence"] is False
    booth.set("emergency", active=True)
    booth.advance(1.0)
    after = view.snapshot()
    assert (after["phase"], after["outputs"]["door"]) == ("emergency", "unlocked")
    assert after["inputs"]["emergency"] is True
    booth.set("emergency", active=False)


def test_a_fault_is_shown_with_cause_and_remedy(booth: Booth, view: LiveView) -> None:
    booth.bus.fault = BusFault.SILENT
    booth.advance(20.0)
    (fault,) = [fault for fault in view.snapshot()["faults"] if fault["device"] == "thermometer"]
    assert fault["code"] == "thermometer_silent"
    assert fault["cause"]
    assert fault["remedy"]


def test_only_the_last_visits_are_kept(booth: Booth, view: LiveView) -> None:
    for _ in range(MAX_VISITS + 3):
        booth.set("presence", active=True)
        booth.advance(1.0)
        booth.set("presence", active=False)
        booth.advance(8.0)
    visits = view.snapshot()["visits"]
    assert len(visits) == MAX_VISITS
    assert visits[0]["number"] > visits[-1]["number"] > 1


def test_the_log_is_bounded_in_lines_and_length() -> None:
    tail = LogTail()
    logger = logging.Logger("kiosk.test")
    logger.addHandler(tail)
    for number in range(MAX_LOG_LINES + 20):
        logger.warning("%d %s", number, "x" * 1000)
    lines = tail.lines()
    assert len(lines) == MAX_LOG_LINES
    assert lines[-1]["n"] == MAX_LOG_LINES + 20
    assert all(len(line["text"]) == MAX_LOG_CHARACTERS for line in lines)


def test_a_unit_without_a_runtime_folder_feeds_no_page(booth: Booth, folder: Path) -> None:
    with fed(booth.kiosk, {}):
        assert booth.kiosk.observers == []
    with fed(booth.kiosk, {"RUNTIME_DIRECTORY": str(folder)}):
        assert len(booth.kiosk.observers) == 1
    assert not (folder / SOCKET).exists()


def test_a_snapshot_of_a_closed_kiosk_is_no_error(folder: Path) -> None:
    booth = Booth(folder)
    view = LiveView(booth.kiosk, LogTail())
    booth.start()
    booth.close()
    assert view.snapshot()["inputs"] == {}
