"""The supervisor with a scanner that is a unit of its own, linked by a socket. The children are real processes.

The supervisor has no right to signal such a scanner; in these tests only the test itself sends signals.
"""

import logging
import os
import signal
import threading

import pytest

from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import CodeHinted, CodeSeen
from kiosk.model import Payload, Watch
from kiosk.scanner.host.supervisor import LONGEST_PAUSE_S
from kiosk.scanner.wire.orders import Orders, read_orders
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraSettings
from tests.scanner.host.supervised import ORDERS, PATIENCE_S, MakeRig, Rig


def end(made: Rig) -> None:
    os.killpg(made.processes[-1].pid, signal.SIGKILL)


def test_orders_and_control_lines_arrive_and_messages_come_back(unit_rig: MakeRig) -> None:
    made = unit_rig("echoes stdin")
    made.expect_recovery()
    orders = made.next_event()
    assert isinstance(orders, CodeSeen)
    assert read_orders(orders.payload.data).line() == ORDERS.line()
    assert made.next_event() == CodeSeen(1000.0, Payload(b"watch off 0\n"), 1)
    made.scanner.handle(WatchCodes(Watch.FULL, 1))
    assert made.next_event() == CodeSeen(1000.0, Payload(b"watch full 1\n"), 1)


def test_codes_hints_and_previews_are_passed_on(unit_rig: MakeRig) -> None:
    made = unit_rig("works and reports")
    made.expect_recovery()
    assert made.next_event() == CodeSeen(1000.0, Payload(b"KIOSK1:x"), 1)
    assert made.next_event() == CodeHinted(1000.0, "code_hold_still", 1)
    assert made.previews.get(timeout=PATIENCE_S) == b"\xff\xd8jpeg"


def test_a_silent_scanner_is_ended_by_closing_the_connection(unit_rig: MakeRig) -> None:
    made = unit_rig("works")
    made.expect_recovery()
    made.pass_time(5.0)
    assert made.next_fault() == "camera_silent"
    assert made.wait_for_end() == 0
    made.pass_time(0.5)
    made.expect_recovery()
    assert len(made.processes) == 2


def test_a_scanner_that_loops_inside_one_look_is_ended_by_its_own_timer_and_service_resumes(
    unit_rig: MakeRig,
) -> None:
    orders = Orders(camera=CameraSettings(silent_s=3.0), scanner=ScannerSettings())
    made = unit_rig("loops while decoding", "works and reports", orders=orders)
    made.scanner.handle(WatchCodes(Watch.FULL, 1))
    made.expect_recovery()
    assert made.next_event() == CodeHinted(1000.0, "loops", 1)
    made.pass_time(3.0)
    assert made.next_fault() == "camera_silent"
    assert made.wait_for_end() == -signal.SIGALRM
    made.pass_time(0.5)
    made.expect_recovery()


def test_no_other_scanner_is_started_while_one_does_not_end(
    unit_rig: MakeRig, caplog: pytest.LogCaptureFixture
) -> None:
    made = unit_rig("ignores sigterm", "works")
    made.expect_recovery()
    made.pass_time(5.0)
    for _ in range(100):
        made.pass_time(1.0)
    assert made.next_fault() == "camera_silent"
    assert made.processes[0].poll() is None
    assert len(made.processes) == 1
    assert caplog.text.count("its own timer ends it") == 1
    end(made)
    made.wait_for_end()
    made.pass_time(0.5)
    made.expect_recovery()


def test_a_connection_that_is_refused_because_a_scanner_still_runs_is_tried_again(
    unit_rig: MakeRig, caplog: pytest.LogCaptureFixture
) -> None:
    made = unit_rig("works")
    made.expect_recovery()
    other = unit_rig("works")
    while "before the first message" not in caplog.text:
        other.scanner.tick()
    assert other.next_fault() == "camera_silent"
    assert not other.processes
    made.scanner.close()
    made.processes[0].wait(PATIENCE_S)
    other.pass_time(0.5)
    other.expect_recovery()


def test_without_a_socket_the_scanner_is_missing_and_no_process_is_started(unit_rig: MakeRig) -> None:
    made = unit_rig("works")
    made.expect_recovery()
    assert made.unit
    hidden = made.unit.path.with_name("hidden")
    made.unit.path.rename(hidden)
    end(made)
    made.wait_for_end()
    made.pass_time(0.5)
    assert made.next_fault() == "scanner_missing"
    made.pass_time(1.0)
    made.pass_time(2.0)
    assert len(made.processes) == 1
    hidden.rename(made.unit.path)
    made.pass_time(4.0)
    made.expect_recovery()
    assert len(made.processes) == 2


def test_a_socket_on_which_nobody_listens_is_a_missing_scanner(unit_rig: MakeRig) -> None:
    made = unit_rig("exits at once")
    made.wait_for_end()
    assert made.next_fault() == "camera_silent"
    assert made.unit
    made.unit.stop_listening()
    made.pass_time(0.5)
    assert made.next_fault() == "scanner_missing"


def test_a_lost_connection_is_no_fault_if_frames_come_again_in_time(unit_rig: MakeRig) -> None:
    made = unit_rig("crashes", "works and reports")
    made.expect_recovery()
    assert made.wait_for_end() == -signal.SIGSEGV
    made.pass_time(0.5)
    assert made.next_event() == CodeSeen(1000.5, Payload(b"KIOSK1:x"), 1)


def test_the_pauses_between_connections_double_up_to_a_limit(unit_rig: MakeRig) -> None:
    made = unit_rig("exits at once")
    pauses_s: list[float] = []
    while len(pauses_s) < 8:
        made.wait_for_end()
        began_s = made.clock.now_s()
        count = len(made.processes)
        while len(made.processes) == count:
            made.pass_time(0.5)
        pauses_s.append(made.clock.now_s() - began_s)
    assert pauses_s == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_PAUSE_S, LONGEST_PAUSE_S]


def test_a_camera_that_is_given_up_with_its_reason_is_reported(unit_rig: MakeRig) -> None:
    made = unit_rig("camera missing")
    assert made.next_fault() == "camera_missing"
    made.wait_for_end()
    made.pass_time(0.5)
    made.wait_for_end()
    assert len(made.processes) == 2
    assert made.events.empty()


@pytest.mark.parametrize("kind", ["sends garbage", "floods"])
def test_a_scanner_that_sends_wrong_bytes_is_disconnected_after_one_error(
    unit_rig: MakeRig, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = unit_rig(kind)
    for thread in threading.enumerate():
        if thread.name == "scanner _read_messages":
            thread.join(PATIENCE_S)
    made.scanner.tick()
    if kind == "floods":  # it does not read, so that it does not see the end of the connection
        end(made)
    made.wait_for_end()
    assert [record.levelno for record in caplog.records].count(logging.ERROR) == 1
    made.pass_time(0.5)
    assert len(made.processes) == 2


def test_messages_of_a_scanner_that_is_being_ended_are_ignored(unit_rig: MakeRig) -> None:
    made = unit_rig("sends after the end")
    made.expect_recovery()
    made.pass_time(5.0)
    assert made.next_fault() == "camera_silent"
    assert made.wait_for_end() == 0
    assert made.events.empty()


def test_closing_ends_a_working_scanner(unit_rig: MakeRig) -> None:
    made = unit_rig("works")
    made.expect_recovery()
    made.scanner.close()
    assert made.processes[0].wait(PATIENCE_S) == 0
    made.scanner.close()


def test_closing_leaves_a_scanner_that_hangs_to_its_own_timer(
    unit_rig: MakeRig, caplog: pytest.LogCaptureFixture
) -> None:
    made = unit_rig("ignores sigterm")
    made.expect_recovery()
    made.scanner.close()
    assert "it does not end; it is left running" in caplog.text
    assert made.processes[0].poll() is None
