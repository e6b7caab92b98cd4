"""A door held or forced open, a sensor that is stuck: said by light, page and row, and the entrance goes on safely."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.composition.supervision import Supervision
from kiosk.display.screens import screen_of
from kiosk.health.watchdog import Watchdog
from kiosk.model import Phase
from tests.booth import Booth, settings, wires
from tests.composition.test_supervision import received

RED, GREEN, BLUE, EXIT = 22, 23, 24, 25


@pytest.fixture
def booth(folder: Path) -> Iterator[Booth]:
    lights = {"red_pin": RED, "green_pin": GREEN, "blue_pin": BLUE}
    inputs = {**wires(), "exit": {"pin": EXIT}}
    booth = Booth(folder, settings(lights=lights, inputs=inputs))
    booth.header.factory.pin(EXIT).move(True)
    booth.start().advance(2.0)  # a door may still be open from before the start
    yield booth
    booth.close()


def colours(booth: Booth, for_s: float = 3.0) -> set[str]:
    """What the lamp shows within some seconds."""
    seen = set()
    for _ in range(round(for_s / 0.1)):
        lit = [name for name, pin in (("red", RED), ("green", GREEN), ("blue", BLUE)) if booth.level(pin)]
        seen.add("+".join(lit))
        booth.advance(0.1)
    return seen


def told(booth: Booth) -> str:
    """The notice on the page, and the fault beside it."""
    screen = screen_of(booth.kiosk.loop.state, booth.kiosk.rules)
    return f"{screen.notice} {screen.fault}".strip()


def reported(booth: Booth) -> str:
    """What systemd is told in one round."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(booth.folder / "notify"))
        listener.setblocking(False)
        watchdog = Watchdog({"NOTIFY_SOCKET": str(booth.folder / "notify")})
        Supervision(booth.kiosk, None, watchdog).check()
        watchdog.close()
        return received(listener)


def raised(booth: Booth) -> list[str]:
    return [reason for kind, _, reason in booth.rows() if kind == "fault_raised"]


def test_a_booth_in_which_all_is_well_says_nothing(booth: Booth) -> None:
    assert (told(booth), colours(booth)) == ("", {"red+green+blue"})


def test_a_forced_door_is_told_until_the_officer_presses(booth: Booth) -> None:
    booth.set("door_contact", active=True)
    booth.advance(0.5)
    booth.set("door_contact", active=False)
    booth.advance(0.5)
    assert (told(booth), colours(booth)) == ("idle.door_forced door_forced", {"red", ""})
    assert raised(booth) == ["door_forced"]
    assert "STATUS=all parts respond; faults: door_forced" in reported(booth)
    booth.press("officer")
    booth.advance(10.0)
    assert (told(booth), colours(booth)) == ("", {"red+green+blue"})


def test_who_asked_to_leave_forced_nothing(booth: Booth) -> None:
    exit_button = booth.header.factory.pin(EXIT)
    exit_button.move(False)
    booth.advance(0.2)
    exit_button.move(True)
    booth.advance(1.0)
    booth.set("door_contact", active=True)
    booth.advance(1.0)
    assert (told(booth), raised(booth)) == ("", [])


def test_a_door_held_open_is_told_and_locks_nobody_out(booth: Booth) -> None:
    booth.press("officer")
    booth.set("door_contact", active=True)
    booth.advance(25.0)
    assert (told(booth), colours(booth)) == ("idle.door_held_open door_held_open", {"red", ""})
    assert not booth.door_energised
    booth.set("door_contact", active=False)
    booth.advance(1.0)
    assert (told(booth), raised(booth)) == ("", ["door_held_open"])
    booth.walk_to_camera()


def test_a_presence_sensor_that_is_stuck_sprays_once_and_is_told(booth: Booth) -> None:
    booth.set("presence", active=True)
    booth.advance(1300.0)
    assert (booth.phase, told(booth)) == (Phase.IDLE, "idle.presence_stuck presence_stuck")
    assert colours(booth) == {"red", ""}
    assert booth.pump_ran_s == pytest.approx(3.0, abs=0.01)
    visits = booth.kiosk.loop.state.visits
    booth.advance(3600.0)
    assert booth.kiosk.loop.state.visits == visits
    booth.press("officer")
    assert booth.door_energised, "the officer lets people in"
    booth.advance(10.0)
    booth.go_away()
    assert told(booth) == ""
    assert raised(booth) == ["presence_stuck"]
