"""kiosk/hardware/cameras/picamera2_camera.py on the real picamera2 0.3.38 and the real libcamera 0.7."""

import gc
import resource
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import libcamera
import pytest
from picamera2 import Picamera2

from kiosk.errors import DeviceError
from kiosk.hardware.cameras.camera import CLOSE_S
from kiosk.hardware.cameras.picamera2_camera import REOPEN_AFTER_S, Picamera2Camera
from kiosk.scanner.cascade.decode import Decoder
from kiosk.settings.schema.wiring import CameraSettings
from tests.rig.camera.virtual_camera import IMX708, Advertising, silence

pytestmark = pytest.mark.rig

FIRST_FRAME_S = 2.0

ControlsSet = Callable[[CameraSettings, list[str]], dict[str, Any]]


@pytest.fixture
def camera() -> Iterator[Picamera2Camera]:
    """A camera that is open and delivers pictures."""
    camera = Picamera2Camera(CameraSettings())
    camera.start()
    assert camera.frame(FIRST_FRAME_S) is not None
    yield camera
    camera.close()


@pytest.fixture
def controls_set(monkeypatch: pytest.MonkeyPatch) -> ControlsSet:
    """Start a camera that claims to have some controls; return the controls that were set."""
    grab = Picamera2._grab_camera

    def run(settings: CameraSettings, claimed: list[str]) -> dict[str, Any]:
        log: list[dict[str, Any]] = []
        monkeypatch.setattr(Picamera2, "_grab_camera", lambda self, idx: Advertising(grab(self, idx), claimed, log))
        run_once(settings)
        [controls] = log
        return controls

    return run


def test_the_code_on_a_drawn_phone_is_read_through_the_whole_stack(camera: Picamera2Camera) -> None:
    picture = camera.frame(1.0)
    assert picture is not None
    assert [reading.data for reading in Decoder(1000.0).decode(picture).codes] == [b"KIOSK1:rig"]


def test_a_picture_is_grey_complete_and_contiguous(camera: Picamera2Camera) -> None:
    picture = camera.frame(1.0)
    assert picture is not None
    assert (picture.shape, picture.dtype.name, picture.flags.c_contiguous) == ((720, 1280), "uint8", True)


def test_a_picture_does_not_change_after_its_request_is_released(camera: Picamera2Camera) -> None:
    first = camera.frame(1.0)
    assert first is not None
    kept = first.copy()
    for _ in range(12):  # each file is shown four times
        camera.frame(1.0)
    assert (first == kept).all()


def test_pictures_come_at_the_cameras_rate(camera: Picamera2Camera) -> None:
    started_s = time.monotonic()
    assert all(camera.frame(1.0) is not None for _ in range(30))
    assert 0.9 < time.monotonic() - started_s < 3.0


def test_only_controls_that_the_camera_has_are_set(controls_set: ControlsSet) -> None:
    assert controls_set(CameraSettings(), []) == {"FrameDurationLimits": (33333, 33333)}


def test_all_controls_of_a_camera_module_3_are_set_in_types_that_libcamera_accepts(controls_set: ControlsSet) -> None:
    assert controls_set(CameraSettings(), IMX708) == {
        "FrameDurationLimits": (33333, 33333),
        "AeFlickerMode": libcamera.controls.AeFlickerModeEnum.Manual,
        "AeFlickerPeriod": 10000,
        "AeConstraintMode": libcamera.controls.AeConstraintModeEnum.Highlight,
        "AeExposureMode": libcamera.controls.AeExposureModeEnum.Short,
        "ExposureValue": -0.5,
        "AfMode": libcamera.controls.AfModeEnum.Continuous,
        "AfRange": libcamera.controls.AfRangeEnum.Macro,
        "AfSpeed": libcamera.controls.AfSpeedEnum.Fast,
    }


def test_a_fixed_focus_is_set_in_a_type_that_libcamera_accepts(controls_set: ControlsSet) -> None:
    controls = controls_set(CameraSettings(lens_position=6), IMX708)
    assert (controls["AfMode"], controls["LensPosition"]) == (libcamera.controls.AfModeEnum.Manual, 6.0)


def test_a_silent_camera_gives_no_picture_and_respects_the_time_limit(camera: Picamera2Camera) -> None:
    with silence():
        while camera.frame(0.1) is not None:
            pass  # pictures that were complete before the silence
        started_s = time.monotonic()
        assert camera.frame(0.3) is None
        assert 0.3 <= time.monotonic() - started_s < 0.3 + 0.3


def test_a_silent_camera_is_opened_again_and_delivers(camera: Picamera2Camera) -> None:
    with silence():
        first = camera._camera
        started_s = time.monotonic()
        while camera._camera is first:
            camera.frame(0.5)
            assert time.monotonic() - started_s < REOPEN_AFTER_S + CLOSE_S
    # the second camera was opened during the silence too, so only the third one delivers
    until_s = time.monotonic() + REOPEN_AFTER_S + CLOSE_S
    while camera.frame(0.5) is None:
        assert time.monotonic() < until_s


def test_captures_that_timed_out_take_no_later_picture(camera: Picamera2Camera) -> None:
    for _ in range(8):  # four requests that are never released would starve the camera for ever
        camera.frame(0.001)
    assert all(camera.frame(1.0) is not None for _ in range(8))


def test_a_silent_camera_is_closed_at_once(camera: Picamera2Camera) -> None:
    with silence():
        camera.frame(0.2)
        started_s = time.monotonic()
        camera.close()
        assert time.monotonic() - started_s < CLOSE_S


def test_opening_and_closing_leaks_nothing() -> None:
    run_once(CameraSettings())
    before, memory_kb = resources_held(), peak_memory_kb()
    for _ in range(20):
        run_once(CameraSettings())
    assert resources_held() == before
    assert peak_memory_kb() - memory_kb < 4 * 1400  # less than the buffers of one camera


def test_a_missing_camera_is_an_error_with_its_number() -> None:
    with pytest.raises(DeviceError, match="camera 1 cannot be opened") as caught:
        Picamera2Camera(CameraSettings(device=1)).start()
    assert caught.value.fault == "camera_missing"


def test_a_camera_in_use_is_an_error_and_continues_to_deliver(camera: Picamera2Camera) -> None:
    with pytest.raises(DeviceError, match="camera 0 cannot be opened") as caught:
        Picamera2Camera(CameraSettings()).start()
    assert caught.value.fault == "camera_missing"
    assert camera.frame(1.0) is not None


def run_once(settings: CameraSettings) -> None:
    camera = Picamera2Camera(settings)
    camera.start()
    assert camera.frame(FIRST_FRAME_S) is not None
    camera.close()


def resources_held() -> tuple[int, int]:
    """Return the numbers of open files and running threads, after a garbage collection."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()


def peak_memory_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
