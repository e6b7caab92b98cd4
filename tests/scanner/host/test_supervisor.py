"""The supervisor passes reports on and reports camera faults. The children are real processes."""

import os
import signal
from functools import partial

import pytest

from kiosk.errors import SettingsError
from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import CodeHinted, CodeSeen, DeviceRecovered
from kiosk.model import Payload, Watch
from kiosk.scanner.host.child_process import SCANNER
from kiosk.scanner.host.supervisor import Scanner
from kiosk.scanner.wire.orders import START_S, read_orders
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.simulator.clock import VirtualClock
from kiosk.support.links import ProcessLink
from tests.scanner.host.supervised import ORDERS, PATIENCE_S, MakeRig, Rig


def test_the_first_frame_reports_that_the_camera_works(rig: MakeRig) -> None:
    made = rig("works")
    assert made.next_event() == DeviceRecovered(1000.0, "camera")


def test_codes_hints_and_previews_are_passed_on(rig: MakeRig) -> None:
    made = rig("works and reports")
    made.expect_recovery()
    assert made.next_event() == CodeSeen(1000.0, Payload(b"KIOSK1:x"), 1)
    assert made.next_event() == CodeHinted(1000.0, "code_hold_still", 1)
    assert made.previews.get(timeout=PATIENCE_S) == b"\xff\xd8jpeg"


def test_orders_and_the_control_line_are_sent_at_each_start(rig: MakeRig) -> None:
    made = rig("echoes stdin")
    made.expect_recovery()
    orders, watch = made.next_event(), made.next_event()
    assert isinstance(orders, CodeSeen)
    assert read_orders(orders.payload.data).line() == ORDERS.line()
    assert watch == CodeSeen(1000.0, Payload(b"watch off 0\n"), 1)
    made.scanner.handle(WatchCodes(Watch.FULL, 1))
    assert made.next_event() == CodeSeen(1000.0, Payload(b"watch full 1\n"), 1)
    os.killpg(made.processes[0].pid, signal.SIGKILL)
    made.wait_for_end()
    made.pass_time(0.5)
    assert made.next_event() == CodeSeen(1000.5, orders.payload, 1)
    assert made.next_event() == CodeSeen(1000.5, Payload(b"watch full 1\n"), 1)


def test_a_missing_camera_is_reported_once(rig: MakeRig) -> None:
    made = rig("camera missing")
    assert made.next_fault() == "camera_missing"
    made.wait_for_end()
    made.pass_time(0.5)
    made.wait_for_end()
    assert len(made.processes) == 2
    assert made.events.empty()


@pytest.mark.parametrize("kind", ["exits at once", "unknown fault"])
def test_a_process_that_ends_without_a_frame_is_a_silent_camera(rig: MakeRig, kind: str) -> None:
    made = rig(kind)
    made.wait_for_end()
    assert made.next_fault() == "camera_silent"


def test_a_process_that_gives_up_its_camera_is_a_silent_camera(rig: MakeRig) -> None:
    made = rig("gives up the camera")
    made.expect_recovery()
    made.wait_for_end()
    assert made.next_fault() == "camera_silent"


def test_a_crash_is_no_fault_if_frames_come_again_in_time(rig: MakeRig) -> None:
    made = rig("crashes", "works and reports")
    made.expect_recovery()
    assert made.wait_for_end() == -signal.SIGSEGV
    made.pass_time(0.5)
    assert made.next_event() == CodeSeen(1000.5, Payload(b"KIOSK1:x"), 1)


def test_a_restart_without_a_frame_in_time_is_a_silent_camera(rig: MakeRig) -> None:
    made = rig("crashes", "no frame")
    made.expect_recovery()
    made.wait_for_end()
    made.pass_time(4.9)
    assert made.events.empty()
    made.pass_time(0.1)
    assert made.next_fault() == "camera_silent"


def test_heartbeats_that_stop_are_reported_and_the_process_is_restarted(rig: MakeRig) -> None:
    made = rig("works")
    made.expect_recovery()
    made.pass_time(4.9)
    assert made.events.empty()
    made.pass_time(0.1)
    assert made.next_fault() == "camera_silent"
    made.wait_for_end()
    made.pass_time(0.5)
    made.expect_recovery()
    assert len(made.processes) == 2


def test_heartbeats_without_new_frames_are_a_silent_camera(rig: MakeRig) -> None:
    made = rig("silent camera")
    made.expect_recovery()
    made.pass_time(5.0)
    assert made.next_fault() == "camera_silent"


def test_a_process_without_a_first_frame_is_ended_after_its_start_time(rig: MakeRig) -> None:
    made = rig("no frame")
    made.pass_time(START_S - 0.1)
    assert made.events.empty()
    made.pass_time(0.1)
    assert made.next_fault() == "camera_silent"
    made.wait_for_end()


def test_an_old_frame_does_not_report_that_the_camera_works(rig: MakeRig) -> None:
    made = rig("old frame")
    assert isinstance(made.next_event(), CodeHinted)


def test_a_command_that_cannot_be_started_is_a_silent_camera() -> None:
    made = Rig(["/nonexistent/scanner"])
    made.scanner.tick()
    assert made.next_fault() == "camera_silent"
    made.scanner.tick()
    made.pass_time(0.5)
    assert made.events.empty()
    made.scanner.close()


def test_a_fault_refused_by_a_full_inbox_is_offered_again(rig: MakeRig) -> None:
    made = rig("works")
    made.expect_recovery()
    made.inbox_full = True
    made.pass_time(5.0)
    made.inbox_full = False
    made.scanner.tick()
    assert made.next_fault() == "camera_silent"


def test_a_fault_refused_by_a_full_inbox_is_offered_again_without_a_new_cause() -> None:
    made = Rig(["/nonexistent/scanner"])
    made.inbox_full = True
    made.scanner.tick()
    made.inbox_full = False
    made.scanner.tick()  # the next start is due only later
    assert made.next_fault() == "camera_silent"
    made.scanner.close()


@pytest.mark.parametrize("line", ["{}\n{}", "x" * 5000])
def test_orders_of_several_lines_or_of_too_many_bytes_are_refused(line: str) -> None:
    with pytest.raises(SettingsError, match="one line of 4096 is allowed"):
        Scanner(
            partial(ProcessLink, SCANNER, ["x"]),
            line,
            CameraSettings(),
            VirtualClock(),
            lambda event: True,
            lambda jpeg: None,
        )
