"""An airlock on the pins: the whole kiosk with a lock at the street door."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.flow.state import Outcome
from kiosk.model import Phase
from tests.booth import DOOR_PIN, HEALTHY_C, Booth, settings, wires

STREET_PIN, EXIT_PIN, BOLT_PIN = 22, 23, 24


class AirlockBooth(Booth):
    """A booth whose street door has a magnet with an exit button, so it is unlocked while its pin is low."""

    def __init__(self, folder: Path, inputs: dict[str, Any] | None = None, **street: Any) -> None:
        wired = {**wires(), "street_exit": {"pin": EXIT_PIN}, **(inputs or {})}
        lock = {"relay_pin": STREET_PIN, "lock": "fail_safe", **street}
        super().__init__(folder, settings(inputs=wired, street_door=lock, sequence=["temperature", "credential"]))
        self.set_pin(EXIT_PIN, True)

    def set_pin(self, pin: int, high: bool) -> None:
        self.header.factory.pin(pin).move(high)

    @property
    def street_is_free(self) -> bool:
        return not self.level(STREET_PIN)

    def come_in(self) -> None:
        """A healthy visitor comes in, the door falls shut, and the code is asked for."""
        self.set("street_contact", active=True)
        self.advance(0.5)
        self.set("presence", active=True)
        self.advance(1.0)
        self.set("street_contact", active=False)
        self.advance(0.2)
        self.face(HEALTHY_C)
        self.advance(2.5)
        assert self.phase is Phase.SCANNING


@pytest.fixture
def booth(folder: Path) -> Iterator[AirlockBooth]:
    booth = AirlockBooth(folder)
    yield booth
    booth.close()
    assert not booth.level(DOOR_PIN)
    assert not booth.level(STREET_PIN), "whoever is in the chamber of a dead kiosk gets out"


def test_a_visit_through_the_airlock(booth: AirlockBooth) -> None:
    booth.start()
    assert booth.street_is_free
    booth.come_in()
    assert not booth.street_is_free
    booth.show(booth.good_pass)
    assert booth.door_energised
    assert not booth.street_is_free
    booth.set("door_contact", active=True)
    booth.advance(1.0)
    booth.set("presence", active=False)
    booth.advance(2.0)
    assert not booth.street_is_free, "the building door is open"
    booth.set("door_contact", active=False)
    booth.advance(1.0)
    assert not booth.door_energised
    assert booth.street_is_free
    assert booth.ended == (Outcome.ADMITTED, "")


def test_the_officer_opens_only_behind_a_locked_street_door(booth: AirlockBooth) -> None:
    booth.start()
    booth.set("street_contact", active=True)
    booth.press("officer")
    assert not booth.door_energised
    booth.set("street_contact", active=False)
    booth.advance(2.0)
    booth.set("officer", active=True)
    booth.advance(0.2)
    assert not booth.door_energised
    assert not booth.street_is_free
    booth.advance(0.5)
    assert booth.door_energised


def test_a_street_door_that_is_pulled_open_before_it_is_locked_keeps_the_building_door_shut(
    booth: AirlockBooth,
) -> None:
    booth.start()
    booth.set("officer", active=True)
    booth.advance(0.1)
    booth.set("street_contact", active=True)
    booth.advance(6.0)
    assert not booth.door_energised
    assert booth.phase is Phase.IDLE
    assert booth.ended == (Outcome.INTERRUPTED, "")


def test_the_exit_button_frees_the_street_door_and_ends_the_admission(booth: AirlockBooth) -> None:
    booth.start()
    booth.come_in()
    booth.show(booth.good_pass)
    assert booth.door_energised
    booth.set_pin(EXIT_PIN, False)
    assert booth.street_is_free, "before any event was handled"
    assert not booth.door_energised
    booth.advance(0.2)
    assert booth.phase is Phase.IDLE


def test_an_emergency_in_a_visit_frees_both_doors_until_the_officer_resets_it(booth: AirlockBooth) -> None:
    booth.start()
    booth.come_in()
    booth.set("emergency", active=True)
    booth.advance(0.1)
    assert booth.street_is_free
    assert booth.door_energised
    booth.set("emergency", active=False)
    booth.advance(30.0)
    assert booth.street_is_free
    assert booth.door_energised
    booth.press("officer")
    assert not booth.door_energised


@pytest.mark.parametrize("phase", [Phase.OUT_OF_SERVICE, Phase.MAINTENANCE])
def test_the_street_door_is_free_while_nobody_can_be_served(booth: AirlockBooth, phase: Phase) -> None:
    booth.start()
    booth.come_in()
    if phase is Phase.OUT_OF_SERVICE:
        booth.press("stop")
    else:
        booth.set("service", active=True)
    booth.advance(1.0)
    assert booth.phase is phase
    assert booth.street_is_free


def test_a_bolt_that_does_not_follow_puts_the_kiosk_out_of_service(folder: Path) -> None:
    booth = AirlockBooth(folder, {"street_bolt": {"pin": BOLT_PIN}}, handle_inside=True)
    booth.set_pin(BOLT_PIN, True)
    booth.start()
    assert booth.phase is Phase.IDLE
    booth.set("street_contact", active=True)
    booth.set("presence", active=True)
    booth.advance(0.5)
    booth.set("street_contact", active=False)
    booth.advance(3.0)
    assert booth.phase is Phase.OUT_OF_SERVICE
    assert ("street_bolt", "street_lock_stuck") in booth.kiosk.loop.state.faults
    assert not booth.street_is_free, "the bolt is tried for a moment"
    booth.advance(3.0)
    assert booth.street_is_free
    booth.advance(60.0)
    assert booth.phase is Phase.OUT_OF_SERVICE, "a bolt that was not seen to move is not repaired"
    booth.press("officer")
    booth.set_pin(BOLT_PIN, False)
    booth.advance(1.0)
    assert booth.door_energised
    assert booth.kiosk.loop.state.faults == ()
    booth.close()
