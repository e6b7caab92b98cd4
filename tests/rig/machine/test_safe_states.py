"""The table of safe states of docs/wiring.md: each way to die, by which net the relays come to rest, and when.

The kernel here is the upstream one: a line that its owner let go is an input again, as on a Pi with strict_gpiod, and
the simulator then shows the pull, as a resistor would.
"""

import logging
from dataclasses import dataclass

import pytest

from tests.rig.machine.booth import DOOR, DOOR_CONTACT, LAMPS, PRESENCE, PUMP, SIM, THERMOMETER, TRACING, Booth
from tests.rig.machine.conftest import Start

pytestmark = pytest.mark.rig
logger = logging.getLogger(__name__)

KILL = "kill -{} $pid"
AT_ONCE_S = 0.5
"""The kernel takes a dead process's memory down before it closes its files; on this machine that takes some time."""

LONG = {"hold_s": "6.0", "max_hold_s": "20.0"}


@dataclass(frozen=True, slots=True)
class Rest:
    """After how many seconds a relay came to rest, and whether the kiosk itself drove it there (net 3)."""

    after_s: float
    driven: bool


@pytest.mark.parametrize(
    ("command", "within_s", "driven"),
    [
        (KILL.format("TERM"), 0.5, True),
        (KILL.format("INT"), 0.5, True),
        ("systemctl restart --no-block kiosk", 0.6, True),
        (KILL.format("KILL"), AT_ONCE_S, False),
        (KILL.format("SEGV"), AT_ONCE_S, False),
    ],
    ids=["SIGTERM", "SIGINT", "restart", "SIGKILL", "SIGSEGV"],
)
def test_an_open_door_locks_when_the_process_ends(start: Start, command: str, within_s: float, driven: bool) -> None:
    booth = start(**LONG)
    booth.press_officer()
    rest = rest_after(booth, DOOR, command, 5.0)
    assert rest.after_s < within_s
    assert rest.driven == driven
    ready_again(booth)


@pytest.mark.parametrize(("name", "within_s", "driven"), [("TERM", 0.5, True), ("KILL", AT_ONCE_S, False)])
def test_the_pump_stops_when_the_process_ends(start: Start, name: str, within_s: float, driven: bool) -> None:
    booth = start(spray_s="3.0")
    booth.wire(PRESENCE, 0)
    booth.until(f"[ $(cat {SIM}{PUMP}/value) = 0 ]", 5.0)
    rest = rest_after(booth, PUMP, KILL.format(name), 5.0)
    assert rest.after_s < within_s
    assert rest.driven == driven
    booth.until("systemctl show --property=NRestarts kiosk | grep -q =1", 10.0)
    assert [booth.level(pin) for pin in LAMPS] == [0, 0, 0, 0]


def test_a_magnet_lets_go_when_the_process_is_killed(start: Start) -> None:
    booth = start(lock="fail_safe")
    assert booth.level(DOOR) == 0
    rest = rest_after(booth, DOOR, KILL.format("KILL"), 5.0)
    assert rest.after_s < AT_ONCE_S
    ready_again(booth)
    assert booth.level(DOOR) == 0


def test_a_stopped_process_is_ended_by_systemds_watchdog(start: Start) -> None:
    booth = start(**LONG)
    booth.press_officer()
    rest = rest_after(booth, DOOR, KILL.format("STOP"), 20.0)
    # the signal that ends it wakes it first, so the pulse's overdue end may be quicker than the kernel
    assert 6.0 < rest.after_s < 11.0
    assert "Watchdog timeout" in booth.log()
    ready_again(booth)


def test_a_pulse_ends_by_itself_when_the_loop_hangs_on_a_card_that_stalls(start: Start) -> None:
    booth = start(hold_s="3.0", max_hold_s="4.0")
    booth.press_officer()
    # the next row, of a thermometer that is gone, holds the loop up
    rest = rest_after(booth, DOOR, f"fsfreeze --freeze /var/lib/kiosk; echo 121 >{THERMOMETER}/fault", 10.0)
    assert rest.driven
    assert rest.after_s < 4.0
    booth.until("journalctl --unit=kiosk | grep -q 'Watchdog timeout'", 20.0)
    assert booth.level(DOOR) == 1
    booth.run(f"fsfreeze --unfreeze /var/lib/kiosk; echo 0 >{THERMOMETER}/fault")
    ready_again(booth)


def test_nobody_is_let_in_while_the_card_stalls(start: Start) -> None:
    booth = start()
    booth.watch(DOOR)
    booth.run(f"fsfreeze --freeze /var/lib/kiosk; echo pull-down >{SIM}21/pull; sleep 3; echo pull-up >{SIM}21/pull")
    assert booth.level(DOOR) == 1
    assert not [entry for entry in booth.trace() if entry.what.startswith("level")]
    booth.run("fsfreeze --unfreeze /var/lib/kiosk")


@pytest.mark.xfail(raises=AssertionError, reason="a process that waits for the card cannot die and keeps its lines")
def test_a_magnet_lets_go_when_the_card_stalls(start: Start) -> None:
    booth = start(lock="fail_safe")
    booth.run(f"fsfreeze --freeze /var/lib/kiosk; echo 121 >{THERMOMETER}/fault")
    booth.until(f"[ $(cat {SIM}{DOOR}/value) = 1 ]", 20.0)


def test_what_systemd_runs_afterwards_finds_every_pin(start: Start) -> None:
    booth = start()
    booth.run("systemctl stop kiosk")
    keys = [
        "sprayer.relay_pin",
        "door.relay_pin",
        "buzzer.pin",
        "lights.red_pin",
        "lights.green_pin",
        "lights.blue_pin",
    ]
    assert [line.split(":")[0] for line in booth.log().splitlines() if "at rest" in line] == keys


def test_a_door_that_opens_stops_the_pump_of_a_hanging_loop(start: Start) -> None:
    booth = start(spray_s="3.0")
    booth.run("fsfreeze --freeze /var/lib/kiosk")
    booth.wire(PRESENCE, 0)
    booth.until(f"[ $(cat {SIM}{PUMP}/value) = 0 ]", 5.0)
    booth.run(f"echo 121 >{THERMOMETER}/fault; sleep 1")
    rest = rest_after(booth, PUMP, f"echo pull-up >{SIM}{DOOR_CONTACT}/pull", 5.0)
    assert rest.after_s < 0.1
    booth.run("fsfreeze --unfreeze /var/lib/kiosk")


def rest_after(booth: Booth, pin: int, command: str, limit_s: float) -> Rest:
    """Do it while the relay is energised, and see what becomes of it."""
    booth.watch(pin)
    booth.run(f"pid=$(systemctl show --value --property=MainPID kiosk); sleep 0.3; mark ended; {command}")
    booth.until(f"grep -q 'level {pin} 1' {TRACING}/trace", limit_s)
    ended_s, rest_s = booth.when("ended"), booth.when(f"level {pin} 1")
    driven = [entry for entry in booth.trace(pin) if entry.what == "1" and ended_s < entry.at_s <= rest_s]
    rest = Rest(rest_s - ended_s, bool(driven))
    logger.info("GPIO%d after '%s': %s", pin, command, rest)
    return rest


def ready_again(booth: Booth) -> None:
    """systemd starts it again, whatever it was."""
    booth.until("[ $(systemctl show --value --property=MainPID kiosk) != $pid ]", 30.0)
    booth.until("systemctl is-active --quiet kiosk", 30.0)
