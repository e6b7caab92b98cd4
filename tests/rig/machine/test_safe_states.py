"""The safe states of docs/wiring.md: for each kind of end, which net brings the relays to rest, and when.

The kernel here is the upstream one: a freed line becomes an input again, as on a Pi with strict_gpiod. The simulator
then shows the level of the pull, like a resistor.
"""

import logging
from dataclasses import dataclass

import pytest

from tests.rig.machine.booth import (
    DOOR,
    DOOR_CONTACT,
    EMERGENCY,
    KIOSK,
    LAMPS,
    MAIN_PID,
    OFFICER,
    PRESENCE,
    PUMP,
    SIM,
    THERMOMETER,
    TRACING,
    Booth,
)
from tests.rig.machine.conftest import Start

pytestmark = pytest.mark.rig
logger = logging.getLogger(__name__)

KILL = "kill -{} $pid"
FREEZE = "fsfreeze --freeze /var/lib/kiosk"
STALL = f"{FREEZE}; echo 121 >{THERMOMETER}/fault"
UNFREEZE = f"fsfreeze --unfreeze /var/lib/kiosk; echo 0 >{THERMOMETER}/fault"

LONG = {"hold_s": "30.0"}
LONG_SPRAY = {"spray_s": "30.0"}
WELL_BEFORE_S = 20.0
"""A relay that rests so soon after the end of the process did not wait for the end of its pulse of 30 s."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The seconds until a relay came to rest; `driven` is True if the kiosk itself drove it there (net 3)."""

    after_s: float
    driven: bool


@pytest.mark.parametrize(
    ("command", "driven"),
    [
        (KILL.format("TERM"), True),
        (KILL.format("INT"), True),
        ("systemctl restart --no-block kiosk", True),
        (KILL.format("KILL"), False),
        (KILL.format("SEGV"), False),
    ],
    ids=["SIGTERM", "SIGINT", "restart", "SIGKILL", "SIGSEGV"],
)
def test_an_open_door_locks_when_the_process_ends(start: Start, command: str, *, driven: bool) -> None:
    booth = start(**LONG)
    booth.press_officer()
    rest = rest_after(booth, DOOR, command)
    assert rest.after_s < WELL_BEFORE_S
    assert rest.driven == driven
    booth.await_restart()


@pytest.mark.parametrize(("name", "driven"), [("TERM", True), ("KILL", False)])
def test_the_pump_stops_when_the_process_ends(start: Start, name: str, *, driven: bool) -> None:
    booth = start(**LONG_SPRAY)
    booth.drop_in("kiosk.service", "RestartSec=1000")
    booth.wire(PRESENCE, 0)
    booth.await_pulse(PUMP)
    rest = rest_after(booth, PUMP, KILL.format(name))
    assert rest.after_s < WELL_BEFORE_S
    assert rest.driven == driven
    booth.until("systemctl show --property=SubState kiosk | grep -q auto-restart")
    assert [booth.level(pin) for pin in LAMPS] == [0, 0, 0, 0]


def test_a_magnet_opens_when_the_process_is_killed(start: Start) -> None:
    booth = start(lock="fail_safe")
    assert booth.level(DOOR) == 0
    assert not rest_after(booth, DOOR, KILL.format("KILL")).driven
    booth.await_restart()
    assert booth.level(DOOR) == 0


def test_a_stopped_process_is_ended_by_systemds_watchdog(start: Start) -> None:
    booth = start(**LONG)
    booth.press_officer()
    assert rest_after(booth, DOOR, KILL.format("STOP")).after_s < WELL_BEFORE_S
    booth.await_restart()
    assert "Watchdog timeout" in booth.log()


def test_a_pulse_ends_in_time_while_the_card_stalls(start: Start) -> None:
    booth = start(hold_s="8.0")
    booth.press_officer()
    # the relay rests although the card stalls until `recovers`
    assert rest_after(booth, DOOR, STALL).driven
    opened, locked = [entry for entry in booth.trace(DOOR) if entry.at_s > booth.when("pressed")][:2]
    assert locked.at_s - opened.at_s == pytest.approx(8.0, abs=4.0)
    recovers(booth)


def test_nobody_is_admitted_while_the_card_stalls(start: Start) -> None:
    booth = start()
    booth.watch(DOOR)
    booth.run(f"{FREEZE}; echo pull-down >{SIM}{OFFICER}/pull; sleep 3; echo pull-up >{SIM}{OFFICER}/pull")
    assert booth.level(DOOR) == 1
    recovers(booth)
    assert not [entry for entry in booth.trace() if entry.what.startswith("level")]
    # the row that was being written is there, and another row withdraws it
    visits = [(row["visit"], row["outcome"]) for row in booth.rows() if row["outcome"]]
    assert visits == [("1", "admitted_by_officer"), ("1", "interrupted")]
    booth.press_officer()
    assert booth.outcome() == ("2", "admitted_by_officer")


@pytest.mark.parametrize(("lock", "free"), [("fail_secure", 0), ("fail_safe", 1)])
def test_an_emergency_is_served_while_the_card_stalls(start: Start, lock: str, free: int) -> None:
    booth = start(lock=lock)
    booth.watch(DOOR)
    stall(booth)
    booth.run(f"mark emergency; echo pull-up >{SIM}{EMERGENCY}/pull")
    booth.until(f"grep -q 'level {DOOR} {free}' {TRACING}/trace")
    logger.info("free %.3f s after the emergency", booth.when(f"level {DOOR} {free}") - booth.when("emergency"))
    booth.run("sleep 30")  # far longer than the limit of a stuck writer: the door stays free
    assert booth.level(DOOR) == free
    recovers(booth)
    assert "emergency_raised" in [row["kind"] for row in booth.rows()]


def test_a_magnet_opens_when_the_card_stalls(start: Start) -> None:
    booth = start(lock="fail_safe")
    stall(booth)
    assert rest_after(booth, DOOR, "true").driven
    booth.run(UNFREEZE)
    booth.await_restart()


def test_the_command_after_the_stop_opens_every_pin(start: Start) -> None:
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


def test_a_door_that_opens_stops_the_pump_while_the_card_stalls(start: Start) -> None:
    booth = start(**LONG_SPRAY)
    booth.run(FREEZE)
    booth.wire(PRESENCE, 0)
    booth.await_pulse(PUMP)
    assert rest_after(booth, PUMP, f"echo pull-up >{SIM}{DOOR_CONTACT}/pull").after_s < WELL_BEFORE_S
    booth.run(UNFREEZE)


def stall(booth: Booth) -> None:
    """Let the card stall; wait until the journal's writer hangs in it, with the row of a thermometer fault."""
    booth.run(f"pid=$({MAIN_PID}); {STALL}")
    booth.until("grep -q 'State:.D' /proc/$pid/task/*/status")


def recovers(booth: Booth) -> None:
    """Let the card answer again, and check that the kiosk recovers without a restart."""
    booth.run(UNFREEZE)
    booth.until(f"{KIOSK} journal list | grep -q fault_cleared")
    assert booth.show("NRestarts") == "0"


def rest_after(booth: Booth, pin: int, command: str) -> Rest:
    """Run a command while the relay is energised; return how and when the relay came to rest."""
    booth.watch(pin)
    booth.run(f"pid=$({MAIN_PID}); sleep 0.3; mark ended; {command}")
    booth.until(f"grep -q 'level {pin} 1' {TRACING}/trace")
    ended_s, rest_s = booth.when("ended"), booth.when(f"level {pin} 1")
    driven = [entry for entry in booth.trace(pin) if entry.what == "1" and ended_s < entry.at_s <= rest_s]
    rest = Rest(rest_s - ended_s, bool(driven))
    logger.info("GPIO%d after '%s': %s", pin, command, rest)
    return rest
