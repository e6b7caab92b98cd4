"""The table of safe states of docs/wiring.md: for each kind of end, which net brings the relays to rest, and when.

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
    LAMPS,
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
AT_ONCE_S = 0.5
"""The kernel releases a dead process's memory before it closes its files; on this machine that takes some time."""

FREEZE = "fsfreeze --freeze /var/lib/kiosk"
STALL = f"{FREEZE}; echo 121 >{THERMOMETER}/fault"
UNFREEZE = f"fsfreeze --unfreeze /var/lib/kiosk; echo 0 >{THERMOMETER}/fault"

LONG = {"hold_s": "6.0", "max_hold_s": "20.0"}


@dataclass(frozen=True, slots=True)
class Rest:
    """The seconds until a relay came to rest; `driven` is True if the kiosk itself drove it there (net 3)."""

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
    restarted(booth)


@pytest.mark.parametrize(("name", "within_s", "driven"), [("TERM", 0.5, True), ("KILL", AT_ONCE_S, False)])
def test_the_pump_stops_when_the_process_ends(start: Start, name: str, within_s: float, driven: bool) -> None:
    booth = start(spray_s="3.0")
    booth.wire(PRESENCE, 0)
    booth.until(f"[ $(cat {SIM}{PUMP}/value) = 0 ]", 15.0)
    rest = rest_after(booth, PUMP, KILL.format(name), 5.0)
    assert rest.after_s < within_s
    assert rest.driven == driven
    booth.until("systemctl show --property=NRestarts kiosk | grep -q =1", 10.0)
    assert [booth.level(pin) for pin in LAMPS] == [0, 0, 0, 0]


def test_a_magnet_opens_when_the_process_is_killed(start: Start) -> None:
    booth = start(lock="fail_safe")
    assert booth.level(DOOR) == 0
    rest = rest_after(booth, DOOR, KILL.format("KILL"), 5.0)
    assert rest.after_s < AT_ONCE_S
    restarted(booth)
    assert booth.level(DOOR) == 0


def test_a_stopped_process_is_ended_by_systemds_watchdog(start: Start) -> None:
    booth = start(**LONG)
    booth.press_officer()
    rest = rest_after(booth, DOOR, KILL.format("STOP"), 20.0)
    # the signal that ends the process wakes it first, so the overdue end of the pulse may come before the kernel
    assert 6.0 < rest.after_s < 11.0
    assert "Watchdog timeout" in booth.log()
    restarted(booth)


def test_a_pulse_ends_in_time_while_the_card_stalls(start: Start) -> None:
    booth = start(hold_s="8.0", max_hold_s="10.0")
    booth.press_officer()
    rest = rest_after(booth, DOOR, STALL, 15.0)
    assert rest.driven
    assert rest.after_s < 9.0
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
    booth.until(f"grep -q 'level {DOOR} {free}' {TRACING}/trace", 5.0)
    assert booth.when(f"level {DOOR} {free}") - booth.when("emergency") < 0.3
    booth.run("sleep 30", 60.0)  # far longer than the limit of a stuck writer: the door stays free
    assert booth.level(DOOR) == free
    recovers(booth)
    assert "emergency_raised" in [row["kind"] for row in booth.rows()]


def test_a_magnet_opens_when_the_card_stalls(start: Start) -> None:
    booth = start(lock="fail_safe")
    stall(booth)
    rest = rest_after(booth, DOOR, "true", 30.0)
    assert rest.driven
    assert rest.after_s < 20.0
    booth.run(UNFREEZE)
    restarted(booth)


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
    booth = start(spray_s="3.0")
    booth.run(FREEZE)
    booth.wire(PRESENCE, 0)
    booth.until(f"[ $(cat {SIM}{PUMP}/value) = 0 ]", 15.0)
    rest = rest_after(booth, PUMP, f"echo pull-up >{SIM}{DOOR_CONTACT}/pull", 5.0)
    assert rest.after_s < 0.1
    booth.run(UNFREEZE)


def stall(booth: Booth) -> None:
    """Let the card stall; wait until the journal's writer hangs in it, with the row of a thermometer fault."""
    booth.run(f"pid=$(systemctl show --value --property=MainPID kiosk); {STALL}")
    booth.until("grep -q 'State:.D' /proc/$pid/task/*/status", 20.0)


def recovers(booth: Booth) -> None:
    """Let the card answer again, and check that the kiosk recovers without a restart."""
    booth.run(UNFREEZE)
    booth.until("/opt/kiosk/venv/bin/kiosk journal list | grep -q fault_cleared", 20.0)
    assert booth.show("NRestarts") == "0"


def rest_after(booth: Booth, pin: int, command: str, limit_s: float) -> Rest:
    """Run a command while the relay is energised; return how and when the relay came to rest."""
    booth.watch(pin)
    booth.run(f"pid=$(systemctl show --value --property=MainPID kiosk); sleep 0.3; mark ended; {command}")
    booth.until(f"grep -q 'level {pin} 1' {TRACING}/trace", limit_s)
    ended_s, rest_s = booth.when("ended"), booth.when(f"level {pin} 1")
    driven = [entry for entry in booth.trace(pin) if entry.what == "1" and ended_s < entry.at_s <= rest_s]
    rest = Rest(rest_s - ended_s, bool(driven))
    logger.info("GPIO%d after '%s': %s", pin, command, rest)
    return rest


def restarted(booth: Booth) -> None:
    """Wait until systemd has started the kiosk again."""
    booth.until("[ $(systemctl show --value --property=MainPID kiosk) != $pid ]", 30.0)
    booth.until("systemctl is-active --quiet kiosk", 30.0)
