"""The real scanner process: its exit codes, its end with the controller, and one code read end to end."""

import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import CodeSeen
from kiosk.model import Payload, Watch
from kiosk.scanner.wire.messages import MAX_CODES_PER_PICTURE
from kiosk.scanner.wire.orders import EXIT_ALONE, EXIT_BUG, EXIT_CAMERA, EXIT_ORDERS, Orders
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.simulator.camera import SimulatedView, write_view
from kiosk.simulator.people.phone import CodeCarrier, Scene
from tests.scanner.host.supervised import ORDERS, PATIENCE_S, ROOT, Process, Rig


def start_real(kind: str, line: bytes) -> Process:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.scanner.host.children", kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdin
    process.stdin.write(line)
    process.stdin.flush()
    return process


@pytest.mark.parametrize(
    ("kind", "line", "code", "logged"),
    [
        (
            "real",
            b"{}\n",
            EXIT_ORDERS,
            b"ERROR scanner: the first line is not the orders of this release",
        ),
        ("real missing", ORDERS.line().encode(), EXIT_CAMERA, b"ERROR camera: not there"),
        ("real bug", ORDERS.line().encode(), EXIT_BUG, b"ZeroDivisionError"),
    ],
)
def test_the_exit_code_and_the_log_give_the_reason_of_the_end(kind: str, line: bytes, code: int, logged: bytes) -> None:
    process = start_real(kind, line)
    with process:
        assert process.stderr
        assert logged in process.stderr.read()
        assert process.wait(PATIENCE_S) == code


def test_the_process_ends_when_stdin_is_closed_even_while_the_camera_hangs() -> None:
    process = start_real("real hang", ORDERS.line().encode())
    with process:
        assert process.stderr
        assert process.stderr.readline() == b"camera hangs\n"
        assert process.stdin
        process.stdin.close()
        assert process.wait(PATIENCE_S) == EXIT_ALONE


def test_text_that_a_library_prints_to_stdout_is_logged_and_not_sent() -> None:
    process = start_real("real", ORDERS.line().encode())
    with process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        assert process.stdout.read(8) == b"KS\x03\x01\x00\x00\x00\x10"
        process.stdin.close()
        assert process.stderr.readline() == b"a library writes to stdout\n"


def start_on_socket(kind: str, line: bytes) -> tuple[Process, socket.socket]:
    """Start a scanner with one socket as standard input and output; return it and the controller's end."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.scanner.host.children", kind],
            stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
    ours.settimeout(PATIENCE_S)
    ours.send(line)
    return process, ours


def test_on_a_socket_orders_are_read_and_messages_written() -> None:
    process, controller = start_on_socket("real", ORDERS.line().encode())
    with process, controller:
        assert process.stderr
        assert controller.recv(8, socket.MSG_WAITALL) == b"KS\x03\x01\x00\x00\x00\x10"
        assert process.stderr.readline() == b"a library writes to stdout\n"
        controller.shutdown(socket.SHUT_WR)
        assert process.wait(PATIENCE_S) == EXIT_ALONE


@pytest.mark.parametrize("kind", ["real hang", "real"])
def test_the_process_ends_when_its_connection_is_closed(kind: str) -> None:
    process, controller = start_on_socket(kind, ORDERS.line().encode())
    with process:
        assert process.stderr
        assert process.stderr.readline() in (b"camera hangs\n", b"a library writes to stdout\n")
        controller.close()
        assert process.wait(PATIENCE_S) == EXIT_ALONE


PARENT_PROGRAM = """
import subprocess, sys
subprocess.Popen([sys.executable, "-m", "tests.scanner.host.children", "real hang"])
sys.stdin = None
while True:
    __import__("signal").pause()
"""


def test_the_process_ends_when_the_controller_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT_PROGRAM], stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, bufsize=0
    )
    with parent:
        assert parent.stdin
        assert parent.stderr
        parent.stdin.write(ORDERS.line().encode())
        assert parent.stderr.readline() == b"camera hangs\n"
        parent.kill()
        # The scanner's stdin is still open here, so only the signal at the end of its parent can have ended it.
        assert select.select([parent.stderr], [], [], PATIENCE_S)[0]
        assert parent.stderr.read() == b""


@pytest.mark.parametrize("kind", ["sees 60 codes", "sees 70 codes"])
def test_a_sheet_of_codes_does_not_end_the_scanner(kind: str) -> None:
    orders = Orders(camera=CameraSettings(), scanner=ScannerSettings(preview_hz=0.0))
    made = Rig([sys.executable, "-m", "tests.scanner.host.children", kind], orders=orders)
    made.scanner.tick()
    made.expect_recovery()
    # The entrance takes one code, pauses and looks again. Each of the few codes is taken once, then none is new.
    for _ in range(MAX_CODES_PER_PICTURE):
        made.scanner.handle(WatchCodes(Watch.OFF, 1))
        made.scanner.handle(WatchCodes(Watch.FULL, 1))
        assert isinstance(made.next_event(), CodeSeen)
        made.pass_time(0.1)
    assert made.processes[0].poll() is None
    made.scanner.close()
    assert len(made.processes) == 1
    left = made.events.qsize()
    assert MAX_CODES_PER_PICTURE + left <= sum(range(MAX_CODES_PER_PICTURE + 1))


def test_a_code_on_a_phone_is_read_end_to_end(tmp_path: Path) -> None:
    path = tmp_path / "scene"
    write_view(path, SimulatedView(Scene(CodeCarrier.PHONE, b"KIOSK1:a pass", seed=3)))
    made = Rig([sys.executable, "-m", "kiosk.simulator.camera", str(path)])
    made.scanner.handle(WatchCodes(Watch.FULL, 1))
    made.scanner.tick()
    made.expect_recovery()
    assert made.next_event() == CodeSeen(1000.0, Payload(b"KIOSK1:a pass"), 1)
    assert made.previews.get(timeout=PATIENCE_S)[:2] == b"\xff\xd8"
    made.scanner.close()
    assert made.processes[0].returncode in (EXIT_ALONE, -signal.SIGTERM)
