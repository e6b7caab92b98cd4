"""The scanner's process under its supervisor, with the real picamera2."""

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import CodeSeen, DeviceFailed, DeviceRecovered, Event
from kiosk.model import Payload, Watch
from kiosk.runtime.clock import RealClock
from kiosk.scanner.host.child_process import SCANNER
from kiosk.scanner.host.supervisor import TICK_S, Scanner
from kiosk.scanner.wire.orders import Orders
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.support.links import ProcessLink

pytestmark = pytest.mark.rig

COMMAND = [sys.executable, "-W", "ignore", "-m", "tests.rig.camera.scanner"]

StartScanner = Callable[[CameraSettings], tuple[Scanner, list[Event]]]


@pytest.fixture
def start_scanner() -> Iterator[StartScanner]:
    """Start a scanner; return it with the list of the events that it posts."""
    scanners: list[Scanner] = []
    clock = RealClock()

    def start(camera: CameraSettings) -> tuple[Scanner, list[Event]]:
        events: list[Event] = []

        def post(event: Event) -> bool:
            events.append(event)
            return True

        line = Orders(camera=camera, scanner=ScannerSettings()).line()
        scanner = Scanner(partial(ProcessLink, SCANNER, COMMAND), line, camera, clock, post, lambda _jpeg: None)
        scanners.append(scanner)
        return scanner, events

    yield start
    for scanner in scanners:
        scanner.close()


def run_until(scanner: Scanner, events: list[Event], kind: type[Event], limit_s: float) -> Event:
    until_s = time.monotonic() + limit_s
    while time.monotonic() < until_s:
        scanner.tick()
        for event in list(events):
            if isinstance(event, kind):
                return event
        time.sleep(TICK_S / 10)
    raise AssertionError(f"no {kind.__name__} within {limit_s} s, only {events}")


def test_a_code_on_a_phone_is_reported_by_the_scanners_process(start_scanner: StartScanner) -> None:
    scanner, events = start_scanner(CameraSettings())
    run_until(scanner, events, DeviceRecovered, 20.0)
    scanner.handle(WatchCodes(Watch.FULL, 1))
    seen = run_until(scanner, events, CodeSeen, 5.0)
    assert isinstance(seen, CodeSeen)
    assert seen.payload == Payload(b"KIOSK1:rig")


def test_a_missing_camera_is_reported_with_its_fault(start_scanner: StartScanner) -> None:
    scanner, events = start_scanner(CameraSettings(device=1))
    failed = run_until(scanner, events, DeviceFailed, 20.0)
    assert isinstance(failed, DeviceFailed)
    assert failed.fault == "camera_missing"
