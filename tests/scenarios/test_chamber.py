"""The pump and the people in the chamber, on the pins: nobody is sprayed unwarned, or again and again."""

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
def test_a_button_or_a_door_cancels_the_spray_while_it_is_announced(booth: Booth, cancels: str) -> None:
    booth.set("presence", active=True)
    booth.advance(WARN_S / 2)
    booth.set(cancels, active=True)
    booth.advance(10.0)
    assert booth.pump_ran_s == 0.0


def test_who_steps_out_while_it_is_announced_is_not_sprayed(booth: Booth) -> None:
    booth.set("presence", active=True)
    booth.advance(WARN_S - 0.1)
    booth.go_away()
    assert (booth.phase, booth.pump_ran_s) == (Phase.IDLE, 0.0)


def test_skip_before_anybody_is_seen_is_heard(booth: Booth) -> None:
    booth.press("skip")
    assert booth.ended == (Outcome.REFERRED, "skipped_step")


def test_a_spray_that_the_interlock_refuses_is_not_counted_as_done(booth: Booth) -> None:
    booth.set("presence", active=True)
    booth.advance(WARN_S)
    booth.set("presence", active=False)
    booth.advance(0.5)
    state = booth.kiosk.loop.state
    assert (state.phase, state.sprayer_on, booth.pump_ran_s) == (Phase.DISINFECTING, False, 0.0)
    assert state.visit is not None
    assert state.visit.done == ()


def test_who_comes_and_goes_is_sprayed_once_in_a_while(booth: Booth) -> None:
    for _ in range(10):
        booth.set("presence", active=True)
        booth.advance(WARN_S + 0.6)
        booth.go_away()
    assert booth.pump_ran_s <= 3 * 0.6, "56 s in all"


def test_who_was_referred_and_stays_is_sprayed_once(booth: Booth) -> None:
    booth.walk_to_camera()
    booth.show(booth.forged_pass)
    booth.advance(120.0)
    assert booth.pump_ran_s == pytest.approx(SPRAY_S, abs=0.01)
