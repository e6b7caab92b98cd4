"""`kiosk run` under systemd, on the lines and the bus of a real kernel, with lgpio, gpiozero and smbus2."""

import logging

import pytest

from tests.rig.machine.booth import ACTIVE, DOOR, DOOR_CONTACT, KIOSK, LAMPS, PRESENCE, PUMP, SIM, THERMOMETER, Booth
from tests.rig.machine.conftest import Start
from tests.rig.machine.machine import Trace

pytestmark = pytest.mark.rig
logger = logging.getLogger(__name__)

STOCK_GPIOZERO = """
import os; os.chdir("/run")
from gpiozero import OutputDevice
from gpiozero.pins.lgpio import LGPIOFactory
OutputDevice(7, active_high=False, initial_value=False, pin_factory=LGPIOFactory())
"""

PROBES = {
    "write to /etc": "echo >/etc/probe",
    "read the disk": "head -c 1 /dev/ubda",
    "make code": "python3 -c 'import mmap; mmap.mmap(-1, 4096, prot=7)'",
    "open a raw socket": "python3 -c 'import socket; socket.socket(socket.AF_PACKET)'",
    "become root": "setpriv --reuid 0 true",
}


@pytest.fixture
def booth(start: Start) -> Booth:
    return start()


def test_the_service_is_ready_when_every_device_has_answered(booth: Booth) -> None:
    assert booth.show("NRestarts") == "0"
    assert [row["kind"] for row in booth.rows()] == ["started", "in_service"]
    booth.run(f"systemctl stop kiosk; echo 121 >{THERMOMETER}/fault; systemctl start --no-block kiosk")
    booth.until(f"{KIOSK} journal list | grep -q thermometer_silent")
    assert booth.show("ActiveState") == "activating"
    booth.run(f"echo 0 >{THERMOMETER}/fault")
    booth.until(ACTIVE)
    assert booth.show("NRestarts") == "0"


def test_no_relay_moves_during_the_start(booth: Booth) -> None:
    for pin in (DOOR, PUMP):
        changes = [entry.what for entry in booth.trace(pin)]
        # claimed once, as an output at its rest level; never an input, never the other level
        assert changes[:2] == ["1", "out"]
        assert set(changes[2:]) <= {"1"}


def test_gpiozeros_own_pin_would_move_the_relay_and_the_trace_shows_it(booth: Booth) -> None:
    booth.run(f"/opt/kiosk/venv/bin/python - <<'END'{STOCK_GPIOZERO}END")
    changes = [entry.what for entry in booth.trace(7)]
    assert "0" in changes


def test_the_units_confinement_is_effective(booth: Booth) -> None:
    probes = "; ".join(f"({command}) 2>/dev/null && echo can {name}" for name, command in PROBES.items())
    booth.run(
        "chmod 666 /dev/ubda; cat >/run/probes <<'END'\n"
        f": </dev/gpiochip0 && : </dev/i2c-1 && echo can use pins and bus; {probes}\nEND"
    )
    booth.drop_in("kiosk.service", "ExecStartPre=-/bin/bash /run/probes")
    booth.run("systemctl restart kiosk")
    assert [line for line in booth.log().splitlines() if line.startswith("can ")] == ["can use pins and bus"]
    state = booth.run("cat /proc/$(systemctl show --value --property=MainPID kiosk)/status")
    assert "NoNewPrivs:\t1" in state
    assert "Seccomp:\t2" in state
    assert "CapEff:\t0000000000000000" in state


def test_the_officers_button_unlocks_the_door_for_the_set_time(booth: Booth) -> None:
    booth.press_officer()
    booth.until(f"[ $(cat {SIM}{DOOR}/value) = 1 ]")
    opened, locked = [entry for entry in booth.trace(DOOR) if entry.at_s > booth.when("pressed")][:2]
    assert (opened.what, locked.what) == ("0", "1")
    logger.info(
        "unlocked %.2f s after the press, for %.2f s", opened.at_s - booth.when("pressed"), held_s(opened, locked)
    )
    assert held_s(opened, locked) == pytest.approx(5.0, abs=2.0)
    assert booth.outcome()[1] == "admitted_by_officer"


def test_a_visitor_is_sprayed_measured_and_admitted(booth: Booth) -> None:
    booth.come_in(34.7)
    booth.await_pulse(DOOR)
    on, off = pulses(booth, PUMP)
    assert held_s(on, off) == pytest.approx(5.0, abs=2.0)
    assert pulses(booth, DOOR)[0].at_s > off.at_s
    assert booth.outcome()[1] == "admitted"


def test_a_visitor_with_a_fever_is_not_admitted(booth: Booth) -> None:
    booth.come_in(37.4)
    booth.until(f"{KIOSK} journal list | grep -q referred")
    assert booth.outcome()[1] == "referred"
    assert booth.rows()[-1]["reason"] == "fever"
    assert pulses(booth, DOOR) == []


def test_a_visitor_at_the_start_is_not_measured_before_the_empty_spot_is_known(booth: Booth) -> None:
    booth.face(34.7)
    booth.wire(PRESENCE, 0)
    booth.until(f"{KIOSK} journal list | grep -q 'referred temperature'")
    assert booth.rows()[-1]["reason"] == "temperature_unreliable"
    assert pulses(booth, DOOR) == []


def test_a_door_that_opens_stops_the_pump_at_once(start: Start) -> None:
    booth = start(spray_s="30.0")
    booth.wire(PRESENCE, 0)
    booth.await_pulse(PUMP)
    booth.run(f"mark opened; echo pull-up >{SIM}{DOOR_CONTACT}/pull")
    booth.until(f"[ $(cat {SIM}{PUMP}/value) = 1 ]")
    on, off = pulses(booth, PUMP)
    logger.info("the pump stopped %.3f s after the door opened", off.at_s - booth.when("opened"))
    assert on.at_s < booth.when("opened") < off.at_s < on.at_s + 25.0


def test_a_silent_thermometer_stops_the_service_until_it_answers_again(booth: Booth) -> None:
    booth.run(f"echo 121 >{THERMOMETER}/fault")  # EREMOTEIO, the error of the Pi's bus without an acknowledge
    booth.until(f"{KIOSK} journal list | grep -q thermometer_silent")
    booth.run(f"echo 0 >{THERMOMETER}/fault")
    booth.until(f"{KIOSK} journal list --last 1 | grep -q fault_cleared")


def test_a_damaged_answer_of_the_thermometer_is_detected(booth: Booth) -> None:
    booth.run(f"echo 1 >{THERMOMETER}/damage")
    booth.until(f"{KIOSK} journal list | grep -q thermometer_error")


def test_no_output_is_energised_after_the_service_stopped(booth: Booth) -> None:
    booth.run("systemctl stop kiosk")
    assert [booth.level(pin) for pin in (DOOR, PUMP)] == [1, 1]
    assert [booth.level(pin) for pin in LAMPS] == [0, 0, 0, 0]
    assert booth.show("Result") == "success"
    assert booth.rows()[-1]["kind"] == "stopped"


def pulses(booth: Booth, pin: int) -> list[Trace]:
    """Return the changes of a relay since it was claimed: on, off, on, ..."""
    moves: list[Trace] = []
    for entry in booth.trace(pin)[2:]:
        if entry.what in {"0", "1"} and entry.what != (moves[-1].what if moves else "1"):
            moves.append(entry)
    return moves


def held_s(on: Trace, off: Trace) -> float:
    """Return the seconds between the two changes of a pulse."""
    return off.at_s - on.at_s
