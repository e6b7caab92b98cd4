"""A scanner with the user and the network of its unit, under a stranger's control, cannot reach the controller.

systemd is not needed: `setpriv` and `unshare` do what these lines of kiosk-scanner@.service do: User, Group,
SupplementaryGroups, CapabilityBoundingSet, NoNewPrivileges, PrivateNetwork. Its other lines are not shown here
(ProtectProc, InaccessiblePaths, DeviceAllow, SystemCallFilter, RestrictAddressFamilies): a real scanner has less than
what is tried. The files have the owners and modes of kiosk.tmpfiles.conf.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import CodeSeen
from kiosk.model import Payload, Watch
from kiosk.simulator.camera import SimulatedView, write_view
from kiosk.simulator.people.phone import CodeCarrier, Scene
from tests.scanner.attacker import ATTEMPTS, MEMORY, TRIED
from tests.scanner.host.supervised import ROOT, Rig, Unit

KIOSK, SCANNER = 64001, 64002
"""Users that exist on no machine; the kernel needs no entry in /etc/passwd."""

SECRET = "a key that the controller trusts"

CONTROLLER = f"""
import ctypes, sys
if sys.argv[1] == "hidden":
    from kiosk.composition.service import forbid_reading_memory
    forbid_reading_memory()
secret = ctypes.create_string_buffer({SECRET!r}.encode())
print(ctypes.addressof(secret), flush=True)
sys.stdin.read()
"""


def as_user(user: int) -> list[str]:
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs", "--bounding-set=-all",
            "--inh-caps=-all"]  # fmt: skip


CONFINED = ["unshare", "--net", *as_user(SCANNER)]
PYTHON = [sys.executable, "-P", "-B"]


def obstacle() -> str:
    """Return why these tests cannot run here, or an empty text."""
    if os.geteuid() != 0:
        return "it needs root, to start processes of two other users"
    if not shutil.which("setpriv") or not shutil.which("unshare"):
        return "it needs setpriv and unshare of util-linux"
    done = subprocess.run(
        [*CONFINED, *PYTHON, "-c", "import kiosk.scanner.child.process, tests"],
        cwd="/", env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return f"another user cannot start the scanner here: {done.stderr.splitlines()[-1]}" if done.returncode else ""


@pytest.fixture(scope="module", autouse=True)
def _only_where_it_can_run() -> None:
    if why := obstacle():
        pytest.skip(f"NOT CHECKED: {why}")


@dataclass
class Booth:
    """The folders, the sockets and the controller of an installed kiosk; `plan` is what the attacker knows of them."""

    folder: Path
    plan: dict[str, Any]

    def attack(self, *prefix: str) -> set[str]:
        """Try everything with the rights that the command line `prefix` gives. Return what succeeded."""
        path = self.folder / "plan.json"
        path.write_text(json.dumps(self.plan))
        done = subprocess.run(
            [*prefix, *PYTHON, "-m", "tests.scanner.attacker", str(path)],
            start_new_session=True,  # as systemd does: inside one session everybody may send SIGCONT (kill(2))
            cwd="/", env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        *reached, last = done.stdout.splitlines()
        assert last == TRIED
        return set(reached)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder into which every user can look, as into /etc and /var/lib."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(params=["hidden", "open"])
def booth(folder: Path, request: pytest.FixtureRequest) -> Iterator[Booth]:
    """A booth with a controller whose memory is hidden, as that of the service, or open, as before."""
    (folder / "trust").mkdir(mode=0o755)
    token = folder / "token"
    token.write_text("token")
    token.chmod(0o640)
    os.chown(token, 0, KIOSK)
    state = folder / "state"
    state.mkdir(mode=0o700)
    os.chown(state, KIOSK, KIOSK)
    file = folder / "scanner.socket"
    with (
        socket.create_server(("127.0.0.1", 0)) as page,
        socket.socket(socket.AF_UNIX) as listener,
        socket.socket(socket.AF_UNIX) as abstract,
        subprocess.Popen(
            [*as_user(KIOSK), *PYTHON, "-c", CONTROLLER, request.param],
            cwd="/", env={"PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as controller,
    ):  # fmt: skip
        assert controller.stdin
        assert controller.stdout
        listener.bind(str(file))
        listener.listen()
        os.chown(file, KIOSK, KIOSK)
        file.chmod(0o600)
        abstract.bind(f"\0kiosk-{os.getpid()}")
        abstract.listen()
        yield Booth(folder, {
            "hidden": request.param == "hidden", "pid": controller.pid, "secret": SECRET,
            "address": int(controller.stdout.readline()), "trust": str(folder / "trust"), "token": str(token),
            "state": str(state), "socket": str(file), "abstract": f"kiosk-{os.getpid()}",
            "port": page.getsockname()[1],
        })  # fmt: skip
        controller.stdin.close()


def test_as_its_own_user_the_scanner_reaches_nothing(booth: Booth) -> None:
    assert booth.attack(*CONFINED) == set()


def test_as_the_controllers_user_it_would_reach_all_but_a_hidden_memory(booth: Booth) -> None:
    """The attempts can succeed: a child of the controller, as in earlier releases, does them all."""
    os.chown(booth.plan["trust"], KIOSK, KIOSK)  # where it lay: in a folder of the controller
    reached = booth.attack(*as_user(KIOSK))
    elsewhere = {"send a packet", "become root"}  # a machine without a network has no route for the packet
    assert reached - MEMORY - elsewhere == set(ATTEMPTS) - MEMORY - elsewhere
    if booth.plan["hidden"]:
        assert not reached & MEMORY
    elif not Path("/proc/sys/kernel/yama/ptrace_scope").exists():  # with it, only parents may trace
        assert reached >= MEMORY


def test_a_confined_scanner_reads_a_code(folder: Path) -> None:
    scene = folder / "scene"
    write_view(scene, SimulatedView(Scene(CodeCarrier.PHONE, b"KIOSK1:a pass", seed=3)))
    scene.chmod(0o644)
    unit = Unit(folder)
    made = Rig([*CONFINED, *PYTHON, "-m", "kiosk.simulator.camera", str(scene)], unit=unit)
    made.scanner.handle(WatchCodes(Watch.FULL, 1))
    made.scanner.tick()
    made.expect_recovery()
    assert made.next_event() == CodeSeen(1000.0, Payload(b"KIOSK1:a pass"), 1)
    status = Path(f"/proc/{made.processes[0].pid}/status").read_text()
    assert f"Uid:\t{SCANNER}\t{SCANNER}\t{SCANNER}\t{SCANNER}" in status
    made.scanner.close()
    made.processes[0].wait()
    unit.stop_listening()
