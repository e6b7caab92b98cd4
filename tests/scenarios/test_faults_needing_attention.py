"""A door held or forced open and a stuck sensor: light, page and journal report them, and service goes on safely."""

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

RED, GREEN, BLUE, EXIT, TAMPER = 22, 23, 24, 25, 18


@pytest.fixture
def booth(folder: Path) -> Iterator[Booth]:
    lights = {"red_pin": RED, "green_pin": GREEN, "blue_pin": BLUE}
    inputs = {**wires(), "exit": {"pin": EXIT}, "tamper": {"pin": TAMPER}}
    booth = Booth(folder, settings(lights=lights, inputs=inputs))
    booth.header.factory.pin(EXIT).move(True)
    booth.header.factory.pin(TAMPER).move(False)
    booth.start().advance(2.0)  # up to then, a door may be open from before the start
    yield booth
    booth.close()


def colours(booth: Booth, for_s: float = 3.0) -> set[str]:
    """The colours that the lamp shows within `for_s` seconds."""
    seen = set()
    for _ in range(round(for_s / 0.1)):
        lit = [name for name, pin in (("red", RED), ("green", GREEN), ("blue", BLUE)) if booth.level(pin)]
        seen.add("+".join(lit))
        booth.advance(0.1)
    return seen


def on_the_page(booth: Booth) -> str:
    """The notice and the fault on the page."""
    screen = screen_of(booth.kiosk.loop.state, booth.kiosk.rules)
    return f"{screen.notice} {screen.fault}".strip()


def reported(booth: Booth) -> str:
    """The message to systemd in one round."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(booth.folder / "notify"))
        listener.setblocking(False)
        watchdog = Watchdog({"NOTIFY_SOCKET": str(booth.folder / "notify")})
        Supervision(booth.kiosk, None, watchdog).check()
        watchdog.close()
        return received(listener)


def raised(booth: Booth) -> list[str]:
    return [reason for kind, _, reason in booth.rows() if kind == "fault_raised"]


def test_a_booth_without_faults_reports_nothing(booth: Booth) -> None:
    assert (on_the_page(booth), colours(booth)) == ("", {"red+green+blue"})


def test_a_forced_door_is_reported_until_the_officer_presses_the_button(booth: Booth) -> None:
    booth.set("door_contact", active=True)
    booth.advance(0.5)
    booth.set("door_contact", active=False)
    booth.advance(0.5)
    assert (on_the_page(booth), colours(booth)) == ("door_forced", {"red", ""})
    assert raised(booth) == ["door_forced"]
    assert "STATUS=all parts respond; faults: door_forced" in reported(booth)
    booth.press("officer")
    booth.advance(10.0)
    assert (on_the_page(booth), colours(booth)) == ("", {"red+green+blue"})


def test_a_person_who_used_the_exit_button_forced_nothing(booth: Booth) -> None:
    exit_button = booth.header.factory.pin(EXIT)
    exit_button.move(False)
    booth.advance(0.2)
    exit_button.move(True)
    booth.advance(1.0)
    booth.set("door_contact", active=True)
    booth.advance(1.0)
    assert (on_the_page(booth), raised(booth)) == ("", [])


def test_a_door_held_open_is_reported_and_visitors_are_still_served(booth: Booth) -> None:
    booth.press("officer")
    booth.set("door_contact", active=True)
    booth.advance(25.0)
    assert (on_the_page(booth), colours(booth)) == ("idle.door_held_open door_held_open", {"red", ""})
    assert not booth.door_energised
    booth.set("door_contact", active=False)
    booth.advance(1.0)
    assert on_the_page(booth) == "idle.door_held_open door_held_open", "until the officer acknowledges"
    booth.walk_to_camera()
    booth.go_away()
    booth.advance(5.0)
    booth.press("officer")
    assert (on_the_page(booth), raised(booth)) == ("", ["door_held_open"])
    assert not booth.door_energised, "the press opens nothing"


def test_a_door_held_open_is_reported_while_a_visitor_is_served(booth: Booth) -> None:
    booth.press("officer")
    booth.set("door_contact", active=True)
    booth.advance(15.0)
    booth.set("presence", active=True)
    booth.advance(4.0)
    assert (booth.phase, booth.kiosk.loop.state.faults) == (Phase.DISINFECTING, ())
    booth.advance(2.0)
    assert (booth.phase, booth.kiosk.loop.state.faults) == (Phase.DISINFECTING, (("door", "door_held_open"),))


def test_an_opened_enclosure_is_reported_until_it_is_closed_and_visitors_are_still_served(booth: Booth) -> None:
    switch = booth.header.factory.pin(TAMPER)
    switch.move(True)
    booth.advance(0.5)
    assert (on_the_page(booth), colours(booth)) == ("idle.enclosure_opened enclosure_opened", {"red", ""})
    assert raised(booth) == ["enclosure_opened"]
    assert "STATUS=all parts respond; faults: enclosure_opened" in reported(booth)
    booth.press("officer")
    assert booth.door_energised
    booth.advance(10.0)
    assert on_the_page(booth) == "idle.enclosure_opened enclosure_opened", "only closing it ends the fault"
    switch.move(False)
    booth.advance(0.5)
    assert (on_the_page(booth), colours(booth)) == ("", {"red+green+blue"})
    booth.walk_to_camera()


def test_a_stuck_presence_sensor_causes_one_spray_and_is_reported(booth: Booth) -> None:
    booth.set("presence", active=True)
    booth.advance(1300.0)
    assert (booth.phase, on_the_page(booth)) == (Phase.IDLE, "idle.presence_stuck presence_stuck")
    assert colours(booth) == {"red", ""}
    assert booth.pump_ran_s == pytest.approx(3.0, abs=0.01)
    visits = booth.kiosk.loop.state.visits
    booth.advance(3600.0)
    assert booth.kiosk.loop.state.visits == visits
    booth.press("officer")
    assert booth.door_energised, "the officer still admits people"
    booth.advance(10.0)
    booth.go_away()
    assert on_the_page(booth) == ""
    assert raised(booth) == ["presence_stuck"]
