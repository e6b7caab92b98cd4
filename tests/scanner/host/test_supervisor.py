"""What the controller's side of the scanner passes on, and what it calls a fault; the children are real processes."""

import os
import signal

import pytest

from kiosk.errors import SettingsError
from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import CodeHinted, CodeSeen, DeviceRecovered
from kiosk.model import Payload, Watch
from kiosk.scanner.host.supervisor import START_S, Scanner
from kiosk.scanner.wire.orders import read_orders
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.simulator.clock import VirtualClock
from tests.scanner.host.supervised import ORDERS, PATIENCE_S, MakeRig, Rig


def test_the_camera_is_there_once_pictures_flow(rig: MakeRig) -> None:
    made = rig("sound")
    assert made.next_event() == DeviceRecovered(1000.0, "camera")


def test_what_the_scanner_says_is_passed_on(rig: MakeRig) -> None:
    made = rig("speaks")
    made.expect_frames()
    assert made.next_event() == CodeSeen(1000.0, Payload(b"KIOSK1:x"))
    assert made.next_event() == CodeHinted(1000.0, "code_hold_still")
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


def test_an_old_picture_is_no_sign_of_life(rig: MakeRig) -> None:
    made = rig("old picture")
    assert isinstance(made.next_event(), CodeHinted)


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


@pytest.mark.parametrize("line", ["{}\n{}", "x" * 5000])
def test_orders_that_do_not_fit_a_line_are_refused(line: str) -> None:
    with pytest.raises(SettingsError, match="one line of 4096 fits"):
        Scanner(["x"], line, CameraSettings(), VirtualClock(), lambda event: True, lambda jpeg: None)
