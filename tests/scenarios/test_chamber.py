"""The pump's pin while people use the chamber: nobody is sprayed without a warning, or again and again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.flow.state import Outcome
from kiosk.model import Phase
from tests.booth import Booth, settings

WARN_S, SPRAY_S, AGAIN_S = 2.0, 3.0, 20.0
CHAMBER = {"when": "occupied", "warn_s": WARN_S, "spray_s": SPRAY_S, "again_s": AGAIN_S}


@pytest.fixture
def booth(folder: Path) -> Iterator[Booth]:
    booth = Booth(folder, settings(chamber=CHAMBER)).start()
    yield booth
    booth.close()


def test_the_pump_starts_only_after_the_whole_warning(booth: Booth) -> None:
    booth.set("presence", active=True)
    booth.advance(WARN_S)
    assert (booth.phase, booth.pump_ran_s) == (Phase.DISINFECTING, 0.0)
    booth.advance(0.1)
    assert booth.pump_on
    booth.advance(SPRAY_S)
    assert (booth.phase, booth.pump_on) == (Phase.MEASURING, False)


@pytest.mark.parametrize("cancels", ["skip", "street_contact", "door_contact"])
def test_a_button_or_a_door_during_the_warning_cancels_the_spray(booth: Booth, cancels: str) -> None:
    booth.set("presence", active=True)
    booth.advance(WARN_S / 2)
    booth.set(cancels, active=True)
    booth.advance(10.0)
    assert booth.pump_ran_s == 0.0


def test_a_visitor_who_leaves_during_the_warning_is_not_sprayed(booth: Booth) -> None:
    booth.set("presence", active=True)
    booth.advance(WARN_S - 0.1)
    booth.go_away()
    assert (booth.phase, booth.pump_ran_s) == (Phase.IDLE, 0.0)


def test_the_skip_button_works_before_the_sensor_sees_anybody(booth: Booth) -> None:
    booth.press("skip")
    assert booth.ended == (Outcome.REFERRED, "skipped_step")


def test_a_spray_that_the_interlock_refuses_does_not_count_as_done(booth: Booth) -> None:
    booth.set("presence", active=True)
    booth.advance(WARN_S)
    booth.set("presence", active=False)
    booth.advance(0.5)
    state = booth.kiosk.loop.state
    assert (state.phase, state.sprayer_on, booth.pump_ran_s) == (Phase.DISINFECTING, False, 0.0)
    assert state.visit is not None
    assert state.visit.done == ()


def test_a_spray_that_a_forced_door_ends_has_a_row_beside_that_of_the_fault(booth: Booth) -> None:
    booth.set("presence", active=True)
    booth.advance(WARN_S + SPRAY_S / 2)
    assert booth.pump_on
    booth.set("door_contact", active=True)
    booth.advance(1.0)
    assert {kind for kind, _, _ in booth.rows()} >= {"fault_raised", "spray_broken_off"}


def test_a_visitor_who_comes_and_goes_is_not_sprayed_each_time(booth: Booth) -> None:
    for _ in range(10):
        booth.set("presence", active=True)
        booth.advance(WARN_S + 0.6)
        booth.go_away()
    assert booth.pump_ran_s <= 3 * 0.6, "at most three starts in 56 s"


def test_a_visitor_who_is_referred_and_stays_is_sprayed_once(booth: Booth) -> None:
    booth.walk_to_camera()
    booth.show(booth.forged_pass)
    booth.advance(120.0)
    assert booth.pump_ran_s == pytest.approx(SPRAY_S, abs=0.01)
