"""The controller's side of the scanner, against real processes that behave badly; timers run on a virtual clock."""

import contextlib
import logging
import os
import queue
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.errors import SettingsError
from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import CodeHinted, CodeSeen, DeviceFailed, DeviceRecovered, Event
from kiosk.model import Payload, Watch
from kiosk.scanner.orders import EXIT_ALONE, EXIT_BUG, EXIT_CAMERA, EXIT_ORDERS, Orders, read_orders
from kiosk.scanner.supervisor import LONGEST_PAUSE_S, START_S, Scanner
from kiosk.settings.policy import ScannerSettings
from kiosk.settings.wiring import CameraSettings
from kiosk.simulator.camera import View, write_view
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.phone import Kind, Scene

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
ORDERS = Orders(camera=CameraSettings(), scanner=ScannerSettings())
Process = subprocess.Popen[bytes]


class Rig:
    """A supervisor, the processes it started, and what it posted."""

    def __init__(self, *commands: list[str], orders: Orders = ORDERS) -> None:
        """`commands`: what each start runs; the last one again and again."""
        self.clock = VirtualClock()
        self.events: queue.Queue[Event] = queue.Queue()
        self.previews: queue.Queue[bytes] = queue.Queue()
        self.commands = list(commands)
        self.processes: list[Process] = []
        self.inbox_full = False
        self.scanner = Scanner(
            commands[0], orders.line(), orders.camera, self.clock, self._post, self.previews.put, self._popen
        )

    def _post(self, event: Event) -> bool:
        if not self.inbox_full:
            self.events.put(event)
        return not self.inbox_full

    def _popen(self, command: list[str], **kwargs: Any) -> Process:
        command = self.commands.pop(0) if len(self.commands) > 1 else self.commands[0]
        process: Process = subprocess.Popen(command, cwd=ROOT, **kwargs)
        self.processes.append(process)
        return process

    def next_event(self) -> Event:
        return self.events.get(timeout=PATIENCE_S)

    def expect_frames(self) -> None:
        assert isinstance(self.next_event(), DeviceRecovered)

    def wait_for_end(self) -> int:
        """Wait until the newest process has ended and all it said was read, and let the supervisor see it."""
        code = self.processes[-1].wait(PATIENCE_S)
        for thread in threading.enumerate():
            if thread.name.startswith("scanner"):
                thread.join(PATIENCE_S)
        self.scanner.tick()
        return code

    def pass_time(self, for_s: float) -> None:
        self.clock.advance(for_s)
        self.scanner.tick()

    def fault(self) -> str:
        event = self.next_event()
        assert isinstance(event, DeviceFailed), event
        assert event.device == "camera"
        return event.fault


MakeRig = Callable[..., Rig]


@pytest.fixture
def rig() -> Iterator[MakeRig]:
    rigs: list[Rig] = []

    def make(*kinds: str) -> Rig:
        rigs.append(Rig(*([sys.executable, "-m", "tests.scanner.children", kind] for kind in kinds)))
        rigs[-1].scanner.tick()
        return rigs[-1]

    yield make
    for made in rigs:
        made.scanner.close()
        for process in made.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE_S)


def test_the_camera_is_there_once_pictures_flow(rig: MakeRig) -> None:
    made = rig("sound")
    assert made.next_event() == DeviceRecovered(1000.0, "camera")


def test_what_the_scanner_says_is_passed_on(rig: MakeRig) -> None:
    made = rig("speaks")
    made.expect_frames()
    assert made.next_event() == CodeSeen(1000.0, Payload(b"KIOSK1:x"))
    assert made.next_event() == CodeHinted(1000.0, "code_too_far")
    assert made.previews.get(timeout=PATIENCE_S) == b"\xff\xd8jpeg"


def test_orders_come_first_and_the_watch_after_them_and_again_after_a_restart(rig: MakeRig) -> None:
    made = rig("echoes")
    made.expect_frames()
    orders, watch = made.next_event(), made.next_event()
    assert isinstance(orders, CodeSeen)
    assert read_orders(orders.payload.data) == ORDERS
    assert watch == CodeSeen(1000.0, Payload(b"watch off\n"))
    made.scanner.handle(WatchCodes(Watch.FULL))
    assert made.next_event() == CodeSeen(1000.0, Payload(b"watch full\n"))
    os.killpg(made.processes[0].pid, signal.SIGKILL)
    made.wait_for_end()
    made.pass_time(0.5)
    assert made.next_event() == CodeSeen(1000.5, orders.payload)
    assert made.next_event() == CodeSeen(1000.5, Payload(b"watch full\n"))


def test_a_missing_camera_is_told_as_such_and_once(rig: MakeRig) -> None:
    made = rig("missing")
    assert made.fault() == "camera_missing"
    made.wait_for_end()
    made.pass_time(0.5)
    made.wait_for_end()
    assert len(made.processes) == 2
    assert made.events.empty()


@pytest.mark.parametrize("kind", ["exits at once", "odd trouble"])
def test_a_scanner_that_ends_without_a_picture_is_a_silent_camera(rig: MakeRig, kind: str) -> None:
    made = rig(kind)
    made.wait_for_end()
    assert made.fault() == "camera_silent"


def test_a_scanner_that_gives_its_camera_up_is_a_silent_camera(rig: MakeRig) -> None:
    made = rig("gives up")
    made.expect_frames()
    made.wait_for_end()
    assert made.fault() == "camera_silent"


def test_a_crash_is_no_fault_when_pictures_soon_flow_again(rig: MakeRig) -> None:
    made = rig("crashes", "speaks")
    made.expect_frames()
    assert made.wait_for_end() == -signal.SIGSEGV
    made.pass_time(0.5)
    assert made.next_event() == CodeSeen(1000.5, Payload(b"KIOSK1:x"))


def test_a_restart_that_brings_no_pictures_in_time_is_a_silent_camera(rig: MakeRig) -> None:
    made = rig("crashes", "never a picture")
    made.expect_frames()
    made.wait_for_end()
    made.pass_time(4.9)
    assert made.events.empty()
    made.pass_time(0.1)
    assert made.fault() == "camera_silent"


def test_heartbeats_that_stop_are_a_silent_camera_and_a_restart(rig: MakeRig) -> None:
    made = rig("sound")
    made.expect_frames()
    made.pass_time(4.9)
    assert made.events.empty()
    made.pass_time(0.1)
    assert made.fault() == "camera_silent"
    made.wait_for_end()
    made.pass_time(0.5)
    made.expect_frames()
    assert len(made.processes) == 2


def test_heartbeats_without_new_pictures_are_a_silent_camera(rig: MakeRig) -> None:
    made = rig("silent camera")
    made.expect_frames()
    made.pass_time(5.0)
    assert made.fault() == "camera_silent"


def test_a_scanner_that_never_shows_a_picture_is_given_its_time_and_then_ended(rig: MakeRig) -> None:
    made = rig("never a picture")
    made.pass_time(START_S - 0.1)
    assert made.events.empty()
    made.pass_time(0.1)
    assert made.fault() == "camera_silent"
    made.wait_for_end()


def test_a_scanner_that_ignores_sigterm_is_killed(rig: MakeRig) -> None:
    made = rig("stubborn")
    made.expect_frames()
    made.pass_time(5.0)
    made.scanner.tick()
    assert made.processes[0].poll() is None
    made.pass_time(1.0)
    assert made.wait_for_end() == -signal.SIGKILL


@pytest.mark.parametrize("kind", ["garbage", "floods"])
def test_a_scanner_that_breaks_the_wire_is_ended_after_one_error(
    rig: MakeRig, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = rig(kind)
    for thread in threading.enumerate():
        if thread.name == "scanner _read_messages":
            thread.join(PATIENCE_S)
    made.scanner.tick()
    made.wait_for_end()
    assert [record.levelno for record in caplog.records].count(logging.ERROR) == 1
    made.pass_time(0.5)
    assert len(made.processes) == 2


def test_what_an_ended_scanner_still_says_is_not_heard(rig: MakeRig) -> None:
    made = rig("echoes")
    for _ in range(3):
        made.next_event()
    made.pass_time(5.0)
    assert made.fault() == "camera_silent"
    made.scanner.handle(WatchCodes(Watch.FULL))
    made.wait_for_end()
    assert made.events.empty()


def test_a_flood_in_the_log_is_cut_and_harmless(rig: MakeRig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    made = rig("floods the log")
    made.expect_frames()
    assert made.next_event() == CodeHinted(1000.0, "log_is_full")
    made.scanner.close()
    lines = [record.getMessage() for record in caplog.records if record.getMessage().startswith("scanner: ?[31mxx")]
    assert 0 < len(lines) <= 120
    assert max(map(len, lines)) < 420


def test_a_scanner_that_closes_its_stdout_falls_silent_and_is_ended(rig: MakeRig) -> None:
    made = rig("closes stdout")
    made.expect_frames()
    made.pass_time(5.0)
    assert made.fault() == "camera_silent"
    made.wait_for_end()


def test_a_pipe_that_another_process_holds_open_does_not_delay_the_restart(rig: MakeRig) -> None:
    made = rig("leaves a child behind")
    made.expect_frames()
    made.processes[0].wait(PATIENCE_S)
    made.scanner.tick()
    made.pass_time(1.0)
    made.pass_time(0.5)
    assert len(made.processes) == 2


def test_the_pauses_double_up_to_a_limit(rig: MakeRig) -> None:
    made = rig("exits at once")
    pauses_s: list[float] = []
    while len(pauses_s) < 8:
        made.wait_for_end()
        began_s = made.clock.now_s()
        while made.processes[-1].returncode is not None:
            made.pass_time(0.5)
        pauses_s.append(made.clock.now_s() - began_s)
    assert pauses_s == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_PAUSE_S, LONGEST_PAUSE_S]


def test_a_minute_of_health_ends_the_doubling(rig: MakeRig) -> None:
    made = rig("speaks")
    for count in (1, 2, 3):
        while not isinstance(made.next_event(), CodeHinted):
            pass
        made.clock.advance(60.0)
        os.killpg(made.processes[-1].pid, signal.SIGKILL)
        made.wait_for_end()
        made.pass_time(0.4)
        assert len(made.processes) == count
        made.pass_time(0.1)
        assert len(made.processes) == count + 1


def test_a_command_that_cannot_be_started_is_a_silent_camera() -> None:
    made = Rig(["/nonexistent/scanner"])
    made.scanner.tick()
    assert made.fault() == "camera_silent"
    made.scanner.tick()
    made.pass_time(0.5)
    assert made.events.empty()
    made.scanner.close()


def test_a_full_queue_of_the_controller_loses_no_fault(rig: MakeRig) -> None:
    made = rig("sound")
    made.expect_frames()
    made.inbox_full = True
    made.pass_time(5.0)
    made.inbox_full = False
    made.scanner.tick()
    assert made.fault() == "camera_silent"


class Undying:
    """A process in the kernel's uninterruptible sleep: no signal reaches it."""

    def __init__(self) -> None:
        self.pid = 2**30
        self.stdin_read, stdin = os.pipe()
        stdout, self.stdout_write = os.pipe()
        stderr, self.stderr_write = os.pipe()
        self.stdin = os.fdopen(stdin, "wb", 0)
        self.stdout = os.fdopen(stdout, "rb", 0)
        self.stderr = os.fdopen(stderr, "rb", 0)

    def poll(self) -> None:
        return None

    def wait(self, timeout: float) -> None:
        raise subprocess.TimeoutExpired("scanner", timeout)

    def let_go(self) -> None:
        for number in (self.stdin_read, self.stdout_write, self.stderr_write):
            os.close(number)


@pytest.fixture
def undying() -> Iterator[Undying]:
    process = Undying()
    yield process
    process.let_go()
    for thread in threading.enumerate():
        if thread.name.startswith("scanner"):
            thread.join(PATIENCE_S)


def test_a_scanner_that_the_kernel_keeps_is_reported_and_left_behind(
    undying: Undying, caplog: pytest.LogCaptureFixture
) -> None:
    clock, events, started = VirtualClock(), queue.Queue[Event](), list[Undying]()

    def popen(*args: Any, **kwargs: Any) -> Any:
        started.append(undying)
        return undying

    def post(event: Event) -> bool:
        events.put(event)
        return True

    scanner = Scanner(["x"], ORDERS.line(), CameraSettings(), clock, post, lambda jpeg: None, popen)
    for _ in range(100):
        scanner.tick()
        clock.advance(1.0)
    assert len(started) == 1
    assert events.get_nowait() == DeviceFailed(1020.0, "camera", "camera_silent")
    assert events.empty()
    scanner.close()
    assert "the kernel does not let it die; it is left behind" in caplog.text


def test_closing_ends_a_sound_scanner(rig: MakeRig) -> None:
    made = rig("sound")
    made.expect_frames()
    made.scanner.close()
    assert made.processes[0].returncode is not None
    made.scanner.close()


def test_closing_kills_a_stubborn_scanner(rig: MakeRig) -> None:
    made = rig("stubborn")
    made.expect_frames()
    made.scanner.close()
    assert made.processes[0].returncode == -signal.SIGKILL


@pytest.mark.parametrize("line", ["{}\n{}", "x" * 5000])
def test_orders_that_do_not_fit_a_line_are_refused(line: str) -> None:
    with pytest.raises(SettingsError, match="one line of 4096 fits"):
        Scanner(["x"], line, CameraSettings(), VirtualClock(), lambda event: True, lambda jpeg: None)


def start_real(kind: str, line: bytes) -> Process:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.scanner.children", kind],
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
    ("kind", "line", "code", "said"),
    [
        (
            "real",
            b"{}\n",
            EXIT_ORDERS,
            b"ERROR scanner: orders with 2 mistake(s); the controller must be of this release",
        ),
        ("real missing", ORDERS.line().encode(), EXIT_CAMERA, b"ERROR camera: not there"),
        ("real bug", ORDERS.line().encode(), EXIT_BUG, b"ZeroDivisionError"),
    ],
)
def test_the_real_process_says_why_it_ends(kind: str, line: bytes, code: int, said: bytes) -> None:
    process = start_real(kind, line)
    with process:
        assert process.stderr
        assert said in process.stderr.read()
        assert process.wait(PATIENCE_S) == code


def test_the_real_process_ends_with_its_controller_even_while_the_camera_hangs() -> None:
    process = start_real("real hang", ORDERS.line().encode())
    with process:
        assert process.stderr
        assert process.stderr.readline() == b"camera hangs\n"
        assert process.stdin
        process.stdin.close()
        assert process.wait(PATIENCE_S) == EXIT_ALONE


ORPHANER = """
import subprocess, sys
subprocess.Popen([sys.executable, "-m", "tests.scanner.children", "real hang"])
sys.stdin = None
while True:
    __import__("signal").pause()
"""


def test_no_orphan_stays_when_the_controller_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHANER], stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, bufsize=0
    )
    with parent:
        assert parent.stdin
        assert parent.stderr
        parent.stdin.write(ORDERS.line().encode())
        assert parent.stderr.readline() == b"camera hangs\n"
        parent.kill()
        # The scanner's stdin is still open here, so only the signal of its parent's death can have ended it.
        assert select.select([parent.stderr], [], [], PATIENCE_S)[0]
        assert parent.stderr.read() == b""


def test_a_person_with_a_phone_is_read_end_to_end(tmp_path: Path) -> None:
    path = tmp_path / "scene"
    write_view(path, View(Scene(Kind.PHONE, b"KIOSK1:a pass", seed=3)))
    made = Rig([sys.executable, "-m", "kiosk.simulator.camera", str(path)])
    made.scanner.handle(WatchCodes(Watch.FULL))
    made.scanner.tick()
    made.expect_frames()
    assert made.next_event() == CodeSeen(1000.0, Payload(b"KIOSK1:a pass"))
    assert made.previews.get(timeout=PATIENCE_S)[:2] == b"\xff\xd8"
    made.scanner.close()
    assert made.processes[0].returncode in (EXIT_ALONE, -signal.SIGTERM)
