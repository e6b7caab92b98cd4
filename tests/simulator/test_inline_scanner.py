"""The scanner on the virtual clock takes the jobs and posts the events of the supervisor."""

import pytest

from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import CodeHinted, CodeSeen, DeviceFailed, DeviceRecovered, Event
from kiosk.model import Payload, Watch
from kiosk.runtime.worker import InlineWorker
from kiosk.scanner.child.process import FrameSource
from kiosk.scanner.symbol.grey import Grey
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.simulator.camera import BoothCamera, CameraFault, SimulatedView
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.inline_scanner import STARTUP_S, inline_opener
from kiosk.simulator.people.phone import CodeCarrier, Scene
from tests.scanner.drawing import unread

NOBODY = SimulatedView(Scene(seed=3))
PHONE = SimulatedView(Scene(CodeCarrier.PHONE, b"KIOSK1:a pass", seed=3))
SILENT = SimulatedView(fault=CameraFault.SILENT)
MISSING = SimulatedView(fault=CameraFault.MISSING)


class Rig:
    def __init__(self, view: SimulatedView, camera: FrameSource | None = None, *, adapts: bool = False) -> None:
        self.view = view
        self.clock = VirtualClock(0.0)
        self.events: list[Event] = []
        simulated = BoothCamera((640, 480), 30.0, lambda: self.view, self.clock.now_s, lambda _: None)
        wanted = CameraSettings(silent_s=5.0, adapt_exposure=adapts)
        open_scanner = inline_opener(lambda _setup, _clock: camera or simulated)
        duty = open_scanner(wanted, ScannerSettings(budget_ms=5), self.clock, self._post, lambda _jpeg: None)
        self.worker = InlineWorker(duty, self.clock)
        self.worker.start()
        self.clock.advance(2.0)

    def _post(self, event: Event) -> bool:
        self.events.append(event)
        return True

    def watch(self, watch: Watch) -> None:
        self.worker.put(WatchCodes(watch, 1))

    def after(self, for_s: float) -> list[Event]:
        self.clock.advance(for_s)
        events, self.events = self.events, []
        return events


def test_the_first_frame_reports_that_the_camera_works() -> None:
    rig = Rig(NOBODY)
    assert rig.after(10.0) == [DeviceRecovered(STARTUP_S, "camera")]
    rig.worker.stop(0.0)


@pytest.mark.parametrize("adapts", [False, True])
def test_a_phone_that_is_too_bright_is_read_only_with_exposure_control(adapts: bool) -> None:
    rig = Rig(SimulatedView(Scene(CodeCarrier.PHONE, b"KIOSK1:a pass", seed=3, light=30.0)), adapts=adapts)
    rig.watch(Watch.FULL)
    assert any(isinstance(event, CodeSeen) for event in rig.after(5.0)) is adapts


def test_a_code_is_one_event_while_it_stays_in_view() -> None:
    rig = Rig(NOBODY)
    rig.watch(Watch.FULL)
    rig.after(5.0)
    rig.view = PHONE
    (event,) = rig.after(20.0)
    assert event == CodeSeen(7.25, Payload(b"KIOSK1:a pass"), 1)


def test_a_glance_reads_codes() -> None:
    rig = Rig(PHONE)
    rig.watch(Watch.GLANCE)
    assert CodeSeen(2.5, Payload(b"KIOSK1:a pass"), 1) in rig.after(1.0)


def test_while_off_no_code_is_read() -> None:
    assert Rig(PHONE).after(20.0) == [DeviceRecovered(STARTUP_S, "camera")]


class CoveredCode:
    """A camera in front of a code whose middle is covered."""

    def start(self) -> None:
        pass

    def frame(self, wait_s: float) -> Grey:
        return unread(14)

    def expose(self, stops: float) -> None:
        pass

    def close(self) -> None:
        pass


def test_a_code_that_cannot_be_read_posts_a_hint() -> None:
    rig = Rig(NOBODY, CoveredCode())
    rig.watch(Watch.FULL)
    hints = [event for event in rig.after(2.5) if isinstance(event, CodeHinted)]
    assert [event.hint for event in hints] == ["code_hold_still"]


def test_a_silent_camera_and_its_recovery_are_each_reported_once() -> None:
    rig = Rig(NOBODY)
    rig.after(1.0)
    rig.view = SILENT
    (failed,) = rig.after(30.0)
    assert failed == DeviceFailed(failed.at_s, "camera", "camera_silent")
    assert 5.0 <= failed.at_s <= 9.0
    rig.view = NOBODY
    assert [type(event) for event in rig.after(10.0)] == [DeviceRecovered]


def test_a_missing_camera_and_its_recovery_are_reported() -> None:
    rig = Rig(MISSING)
    assert rig.after(10.0) == [DeviceFailed(3.0, "camera", "camera_missing")]
    rig.view = NOBODY
    assert [type(event) for event in rig.after(10.0)] == [DeviceRecovered]
