"""The supervisor ends and restarts faulty processes."""

import logging
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import CodeHinted, CodeSeen, DeviceFailed, Event
from kiosk.model import Payload, Watch
from kiosk.scanner.host.child_process import SCANNER
from kiosk.scanner.host.supervisor import LONGEST_PAUSE_S, Scanner
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.simulator.clock import VirtualClock
from kiosk.support.links import ProcessLink
from tests.scanner.host.supervised import ORDERS, PATIENCE_S, MakeRig


def test_a_process_that_ignores_sigterm_is_killed(rig: MakeRig) -> None:
    made = rig("ignores sigterm")
    made.expect_recovery()
    made.pass_time(5.0)
    made.scanner.tick()
    assert made.processes[0].poll() is None
    made.pass_time(1.0)
    assert made.wait_for_end() == -signal.SIGKILL


def test_a_process_that_never_ends_a_decoding_is_ended_and_restarted(rig: MakeRig) -> None:
    made = rig("loops while decoding", "works and reports")
    made.scanner.handle(WatchCodes(Watch.FULL, 1))
    made.expect_recovery()
    assert made.next_event() == CodeHinted(1000.0, "loops", 1)
    made.pass_time(4.9)
    assert made.processes[0].poll() is None
    made.pass_time(0.1)
    assert made.next_fault() == "camera_silent"
    assert made.wait_for_end() == -signal.SIGTERM
    made.pass_time(0.5)
    made.expect_recovery()
    assert made.next_event() == CodeSeen(1005.5, Payload(b"KIOSK1:x"), 1)


@pytest.mark.parametrize("kind", ["sends garbage", "floods"])
def test_a_process_that_sends_wrong_bytes_is_ended_after_one_error(
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


def test_messages_of_a_process_that_is_being_ended_are_ignored(rig: MakeRig) -> None:
    made = rig("sends after the end")
    made.expect_recovery()
    made.pass_time(5.0)
    assert made.next_fault() == "camera_silent"
    assert made.wait_for_end() == 0
    assert made.events.empty()


def test_a_flood_of_log_lines_is_limited_and_made_printable(rig: MakeRig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    made = rig("floods the log")
    made.expect_recovery()
    assert made.next_event() == CodeHinted(1000.0, "log_is_full", 1)
    made.scanner.close()
    lines = [record.getMessage() for record in caplog.records if record.getMessage().startswith("scanner: ?[31mxx")]
    assert 0 < len(lines) <= 120
    assert max(map(len, lines)) < 420


def test_a_process_that_closes_its_stdout_is_ended_as_silent(rig: MakeRig) -> None:
    made = rig("closes stdout")
    made.expect_recovery()
    made.pass_time(5.0)
    assert made.next_fault() == "camera_silent"
    made.wait_for_end()


def test_a_pipe_that_another_process_holds_open_does_not_delay_the_restart(rig: MakeRig) -> None:
    made = rig("leaves a child behind")
    made.expect_recovery()
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


def test_after_a_minute_with_frames_the_pauses_begin_again(rig: MakeRig) -> None:
    made = rig("works and reports")
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


class Undying:
    """A process in the kernel's uninterruptible sleep: signals have no effect."""

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

    def close_pipes(self) -> None:
        for number in (self.stdin_read, self.stdout_write, self.stderr_write):
            os.close(number)


@pytest.fixture
def undying() -> Iterator[Undying]:
    process = Undying()
    yield process
    process.close_pipes()
    for thread in threading.enumerate():
        if thread.name.startswith("scanner"):
            thread.join(PATIENCE_S)


def test_a_process_that_survives_sigkill_is_reported_and_left_running(
    undying: Undying, caplog: pytest.LogCaptureFixture
) -> None:
    clock, events, started = VirtualClock(), queue.Queue[Event](), list[Undying]()

    def popen(*args: Any, **kwargs: Any) -> Any:
        started.append(undying)
        return undying

    def post(event: Event) -> bool:
        events.put(event)
        return True

    scanner = Scanner(
        partial(ProcessLink, SCANNER, ["x"], popen), ORDERS.line(), CameraSettings(), clock, post, lambda jpeg: None
    )
    for _ in range(100):
        scanner.tick()
        clock.advance(1.0)
    assert len(started) == 1
    assert events.get_nowait() == DeviceFailed(1020.0, "camera", "camera_silent")
    assert events.empty()
    scanner.close()
    assert "it does not end; it is left running" in caplog.text


def test_a_process_that_sends_wrong_bytes_and_survives_sigkill_is_reported(undying: Undying) -> None:
    clock, events = VirtualClock(), queue.Queue[Event]()
    as_process: Any = undying

    def post(event: Event) -> bool:
        events.put(event)
        return True

    start = partial(ProcessLink, SCANNER, ["x"], lambda *args, **kwargs: as_process)
    scanner = Scanner(start, ORDERS.line(), CameraSettings(), clock, post, lambda jpeg: None)
    scanner.tick()
    os.write(undying.stdout_write, b"garbage, and enough of it")
    for thread in threading.enumerate():
        if thread.name == "scanner _read_messages":
            thread.join(PATIENCE_S)
    scanner.tick()
    clock.advance(2.0)
    scanner.tick()
    assert events.get_nowait() == DeviceFailed(1002.0, "camera", "camera_silent")


def test_closing_ends_a_working_process(rig: MakeRig) -> None:
    made = rig("works")
    made.expect_recovery()
    made.scanner.close()
    assert made.processes[0].returncode is not None
    made.scanner.close()


def test_closing_kills_a_process_that_ignores_sigterm(rig: MakeRig) -> None:
    made = rig("ignores sigterm")
    made.expect_recovery()
    made.scanner.close()
    assert made.processes[0].returncode == -signal.SIGKILL
