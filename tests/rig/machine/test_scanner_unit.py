"""The scanner's unit under systemd: who may connect, what an instance can reach, and how it ends.

The machine has no camera, so that other programs run in the unit, with all its confinement.
"""

import json

import pytest

from tests.rig.machine.booth import Booth
from tests.rig.machine.conftest import Start
from tests.scanner.attacker import ATTEMPTS, MEMORY, TRIED

pytestmark = pytest.mark.rig

PYTHON = "/opt/kiosk/venv/bin/python -P -B"
ATTACK = f"{PYTHON} -m tests.scanner.attacker /run/attack/plan.json"
AS_KIOSK = "setpriv --reuid kiosk --regid kiosk --clear-groups --no-new-privs"
SOCKET = "/run/kiosk-scanner.socket"
INSTANCES = "systemctl list-units --plain --no-legend --state=active 'kiosk-scanner@*' | wc -l"

CONNECT = f"""
import socket
one = socket.socket(socket.AF_UNIX); one.connect("{SOCKET}"); one.settimeout(300)
print(one.makefile().read())
"""

TWO = f"""
import socket
one, two, three = (socket.socket(socket.AF_UNIX) for _ in range(3))
for each in (one, two, three): each.settimeout(300)
one.connect("{SOCKET}"); one.send(b"first"); print(one.recv(100))
two.connect("{SOCKET}")
try: print(two.recv(100))
except ConnectionError: print(b"")
one.shutdown(socket.SHUT_WR); print(one.recv(100))  # the end: systemd holds the connection until the unit has ended
three.connect("{SOCKET}"); three.send(b"third"); print(three.recv(100))
"""

SUPERVISED = """
import time
from kiosk.flow.commands import WatchCodes
from kiosk.model import Watch
from kiosk.runtime.clock import RealClock
from kiosk.scanner.host.child_process import SCANNER
from kiosk.support.links import SocketLink
from kiosk.scanner.host.supervisor import Scanner
from kiosk.scanner.wire.orders import Orders
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraSettings
from pathlib import Path
orders = Orders(camera=CameraSettings(), scanner=ScannerSettings())
seen = []
link = lambda: SocketLink(SCANNER, Path("/run/kiosk-scanner.socket"))
scanner = Scanner(link, orders.line(), orders.camera, RealClock(),
    lambda event: seen.append(type(event).__name__) or True, lambda jpeg: None)
scanner.handle(WatchCodes(Watch.FULL, 1))
until_s = time.monotonic() + 250
while "WANTED" not in seen and time.monotonic() < until_s: scanner.tick(); time.sleep(0.05)
scanner.close()
print(*dict.fromkeys(seen))
"""

LISTENER = """
import socket, time
page = socket.create_server(("127.0.0.1", 7000))
one = socket.socket(socket.AF_UNIX); one.bind("\\0kiosk-rig"); one.listen()
print("listening", flush=True)
time.sleep(1000)
"""

PROBES = {
    "see the controller": "[ -e /proc/$pid ]",
    "read the settings": "cat /etc/kiosk/kiosk.yaml",
    "write to /etc": "echo >/etc/probe",
    "write to /run": "echo >/run/probe",
    "write to /run/lock": "echo >/run/lock/probe",
    "write to shared memory": "echo >/dev/shm/probe",
    "write to the state": "echo >/var/lib/kiosk/probe",
    "read the disk": "head -c 1 /dev/ubda",
    "use the pins": ": </dev/gpiochip0",
    "use the bus": ": </dev/i2c-1",
    "make code": "python3 -c 'import mmap; mmap.mmap(-1, 4096, prot=7)'",
    "open a network socket": "python3 -c 'import socket; socket.socket(socket.AF_INET)'",
    "open a local socket": "python3 -c 'import socket; socket.socket(socket.AF_UNIX)'",
    "make a namespace": "unshare --user true",
    "become root": "setpriv --reuid 0 true",
}


@pytest.fixture
def booth(start: Start) -> Booth:
    return start()


def run_in_unit(booth: Booth, command: str) -> None:
    """Let the scanner's unit run another program."""
    booth.drop_in("kiosk-scanner@.service", f"Environment=PYTHONPATH=/src\nExecStart=\nExecStart={command}")


def python(booth: Booth, program: str, prefix: str = AS_KIOSK) -> list[str]:
    """Run a program in the machine, by default as the controller's user; return its output's lines."""
    return booth.run(f"cd /; PYTHONPATH=/src {prefix} {PYTHON} - <<'END'{program}END").splitlines()


def test_an_instance_under_a_strangers_control_reaches_nothing_of_the_controller(booth: Booth) -> None:
    pid = int(booth.show("MainPID"))
    address = int(booth.run(f"head -n 1 /proc/{pid}/maps").split("-")[0], 16)
    plan = {
        "pid": pid, "address": address, "secret": "\x7fELF", "trust": "/etc/kiosk/trust",
        "token": "/etc/kiosk/secrets/token", "state": "/var/lib/kiosk", "socket": SOCKET, "abstract": "kiosk-rig",
        "port": 7000,
    }  # fmt: skip
    booth.run(
        "mkdir -p /run/attack; ip link set lo up 2>/dev/null; echo x >/etc/kiosk/secrets/token;"
        "chown root:kiosk /etc/kiosk/secrets/token; chmod 640 /etc/kiosk/secrets/token;"
        f"cat >/run/attack/plan.json <<'END'\n{json.dumps(plan)}\nEND\n"
        f"cat >/run/attack/listener <<'END'{LISTENER}END\n"
        f"{PYTHON} /run/attack/listener >/run/attack/log 2>&1 &"
    )
    booth.until("grep -q listening /run/attack/log")
    run_in_unit(booth, ATTACK)
    assert python(booth, CONNECT)[:1] == [TRIED]
    # The attempts can succeed: for the controller's user all do but those that its hidden memory prevents.
    *reached, last = booth.run(f"cd /; PYTHONPATH=/src setsid --wait {AS_KIOSK} {ATTACK}").splitlines()
    assert last == TRIED
    assert set(reached) - {"send a packet"} == set(ATTEMPTS) - MEMORY - {
        "become root", "send a packet", "write trusted keys",
    }  # fmt: skip


def test_an_instance_can_use_nothing_of_the_machine(booth: Booth) -> None:
    probes = "\n".join(f"({command}) >/dev/null 2>&1 && echo can {name}" for name, command in PROBES.items())
    booth.run(
        "chmod 666 /dev/ubda /dev/gpiochip0 /dev/i2c-1; mkdir -p /run/attack;"
        f"cat >/run/attack/probes <<'END'\npid={booth.show('MainPID')}\n{probes}\n"
        "echo tried; cat /proc/self/status\nEND"
    )
    run_in_unit(booth, "/bin/bash /run/attack/probes")
    answer = python(booth, CONNECT)
    assert answer[0] == "tried", answer
    assert {"NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000"} <= set(answer)


def test_only_the_controllers_user_connects(booth: Booth) -> None:
    run_in_unit(booth, "/bin/cat")
    for user in ("kiosk-scanner", "nobody"):
        with pytest.raises(AssertionError, match="Permission denied"):
            python(booth, CONNECT, AS_KIOSK.replace("kiosk", user, 1).replace("--regid kiosk", "--regid nogroup"))


def test_one_instance_runs_at_a_time_and_a_closed_connection_makes_room(booth: Booth) -> None:
    run_in_unit(booth, "/bin/cat")
    assert python(booth, TWO) == ["b'first'", "b''", "b''", "b'third'"]


def test_the_supervisor_is_served_by_the_unit(booth: Booth) -> None:
    run_in_unit(booth, f"{PYTHON} -m tests.scanner.host.children 'works and reports'")
    assert python(booth, SUPERVISED.replace("WANTED", "CodeHinted")) == ["DeviceRecovered CodeSeen CodeHinted"]
    booth.until(f"[ $({INSTANCES}) = 0 ]")


def test_the_real_decoders_read_codes_in_the_unit(booth: Booth) -> None:
    run_in_unit(booth, f"{PYTHON} -m tests.scanner.host.children 'sees 60 codes'")
    assert "CodeSeen" in python(booth, SUPERVISED.replace("WANTED", "CodeSeen"))[-1].split()


def test_an_instance_that_hangs_in_a_decoder_is_ended_by_its_own_timer(booth: Booth) -> None:
    run_in_unit(booth, f"{PYTHON} -m tests.scanner.host.children 'loops while decoding'")
    assert "DeviceFailed" in python(booth, SUPERVISED.replace("WANTED", "DeviceFailed"))[-1].split()
    booth.until("journalctl --no-pager --unit='kiosk-scanner@*' | grep -q 'status=14/ALRM'")


def test_an_instance_that_does_not_end_is_killed_with_the_kiosk(booth: Booth) -> None:
    run_in_unit(booth, "/bin/sleep 1000")
    booth.run(f"{AS_KIOSK} {PYTHON} - <<'END' &>/dev/null &{CONNECT}END")
    booth.until(f"[ $({INSTANCES}) = 1 ]")
    booth.run("systemctl stop kiosk")
    booth.until(f"[ $({INSTANCES}) = 0 ]")
