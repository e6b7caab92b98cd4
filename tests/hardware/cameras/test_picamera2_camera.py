"""The adapter on a stub that behaves as picamera2 0.3.38 was observed to; tests/rig runs it on the real one."""

import sys
import threading
import types
from collections.abc import Iterator
from concurrent.futures import CancelledError
from typing import Any

import numpy as np
import pytest

from kiosk.errors import DeviceError
from kiosk.hardware.cameras import picamera2_camera
from kiosk.hardware.cameras.opening import open_camera
from kiosk.hardware.cameras.picamera2_camera import Picamera2Camera
from kiosk.settings.schema.wiring import CameraSettings

STRIDE_PX = 1344
"""1280 pixels plus padding, a multiple of 64; a picture that is not cut is then noticed."""

OV5647 = ["AeConstraintMode", "AeExposureMode", "ExposureValue", "FrameDurationLimits"]
IMX708 = [*OV5647, "AeFlickerMode", "AeFlickerPeriod", "AfMode", "AfRange", "AfSpeed", "LensPosition"]


class Request:
    def __init__(self, camera: "Picamera2", picture: Any) -> None:
        self.camera, self.picture = camera, picture

    def make_array(self, name: str) -> Any:
        assert name == "main"
        if isinstance(self.picture, Exception):
            raise self.picture
        return self.picture

    def release(self) -> None:
        self.camera.calls.append("release")


class Picamera2:
    """Delivers the items of `coming`: pictures or errors. Raises the same errors as the real one."""

    advertised = IMX708
    coming: list[Any]
    made: list["Picamera2"]
    refuse: Exception | None
    closing: threading.Event

    def __init__(self, camera_num: int = 0) -> None:
        self.calls: list[Any] = [("open", camera_num)]
        Picamera2.made.append(self)
        if Picamera2.refuse:
            raise Picamera2.refuse
        self.camera_controls = dict.fromkeys(Picamera2.advertised, (0, 1, 0))

    def create_video_configuration(self, **asked: Any) -> dict[str, Any]:
        return asked

    def configure(self, configuration: dict[str, Any]) -> None:
        for name in configuration["controls"]:
            if name not in self.camera_controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        self.configuration = configuration

    def start(self) -> None:
        self.calls.append("start")

    def set_controls(self, controls: dict[str, Any]) -> None:
        assert controls.keys() <= self.camera_controls.keys()
        self.calls.append(("controls", controls))

    def capture_request(self, *, wait: float) -> Request:
        self.calls.append(("capture", wait))
        coming = Picamera2.coming.pop(0)
        if isinstance(coming, TimeoutError | CancelledError):
            raise coming
        return Request(self, coming)

    def cancel_all_and_flush(self) -> None:
        self.calls.append("cancel")

    def close(self) -> None:
        assert "cancel" in self.calls, "close() hangs for ever behind a stale job"
        Picamera2.closing.wait(30.0)
        self.calls.append("close")


class Enum:
    """A stub of libcamera's enums, whose values are their names."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, value: str) -> str:
        return f"{self.name}.{value}"


class Controls(types.ModuleType):
    def __getattr__(self, name: str) -> Enum:
        if not name.endswith("Enum"):
            raise AttributeError(name)
        return Enum(name)


@pytest.fixture(autouse=True)
def libraries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    Picamera2.advertised, Picamera2.coming, Picamera2.made, Picamera2.refuse = IMX708, [], [], None
    Picamera2.closing = threading.Event()
    Picamera2.closing.set()
    picamera2 = types.ModuleType("picamera2")
    picamera2.Picamera2 = Picamera2  # type: ignore[attr-defined]
    libcamera = types.ModuleType("libcamera")
    libcamera.controls = Controls("controls")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", picamera2)
    monkeypatch.setitem(sys.modules, "libcamera", libcamera)
    yield
    Picamera2.closing.set()


def started(**changes: Any) -> Picamera2Camera:
    camera = Picamera2Camera(CameraSettings(**changes))
    camera.start()
    return camera


def yuv420(grey: int) -> Any:
    picture = np.full((720 * 3 // 2, STRIDE_PX), 128, np.uint8)
    picture[:720, :1280] = grey
    return picture


def test_the_settings_choose_it() -> None:
    assert isinstance(open_camera(CameraSettings()), Picamera2Camera)


def test_one_small_video_configuration_is_requested() -> None:
    started(device=1)
    [camera] = Picamera2.made
    assert camera.calls == [("open", 1), "start"]
    asked = camera.configuration
    assert asked["main"] == {"size": (1280, 720), "format": "YUV420"}
    assert (asked["buffer_count"], asked["queue"]) == (4, True)
    assert "lores" not in asked


def test_a_camera_with_autofocus_gets_all_controls_for_bright_codes_nearby() -> None:
    started()
    assert Picamera2.made[0].configuration["controls"] == {
        "FrameDurationLimits": (33333, 33333),
        "AeFlickerMode": "AeFlickerModeEnum.Manual",
        "AeFlickerPeriod": 10000,
        "AeConstraintMode": "AeConstraintModeEnum.Highlight",
        "AeExposureMode": "AeExposureModeEnum.Short",
        "ExposureValue": -0.5,
        "AfMode": "AfModeEnum.Continuous",
        "AfRange": "AfRangeEnum.Macro",
        "AfSpeed": "AfSpeedEnum.Fast",
    }


def test_a_fixed_focus_and_another_mains_frequency_are_set_with_strict_types() -> None:
    started(lens_position=6, mains_hz=60, frame_hz=15)
    controls = Picamera2.made[0].configuration["controls"]
    assert controls["AfMode"] == "AfModeEnum.Manual"
    assert (controls["LensPosition"], type(controls["LensPosition"])) == (6.0, float)
    assert (controls["AeFlickerPeriod"], type(controls["AeFlickerPeriod"])) == (8333, int)
    assert controls["FrameDurationLimits"] == (66667, 66667)
    assert "AfRange" not in controls


def test_only_controls_that_the_camera_has_are_set() -> None:
    Picamera2.advertised = OV5647
    started()
    assert sorted(Picamera2.made[0].configuration["controls"]) == OV5647


def test_a_picture_is_the_grey_plane_contiguous_and_without_padding() -> None:
    camera = started()
    Picamera2.coming = [yuv420(200)]
    grey = camera.frame(1.5)
    assert grey is not None
    assert grey.shape == (720, 1280)
    assert grey.dtype == np.uint8
    assert grey.flags.c_contiguous
    assert (grey == 200).all()
    assert Picamera2.made[0].calls[-2:] == [("capture", 1.5), "release"]


def test_a_request_is_released_even_if_its_picture_cannot_be_read() -> None:
    camera = started()
    Picamera2.coming = [RuntimeError("Format not supported")]
    with pytest.raises(RuntimeError, match="Format not supported"):
        camera.frame(1.5)
    assert Picamera2.made[0].calls[-1] == "release"


@pytest.mark.parametrize("error", [TimeoutError(), CancelledError()])
def test_a_capture_that_timed_out_is_cancelled(error: Exception) -> None:
    camera = started()
    Picamera2.coming = [error, yuv420(1)]
    assert camera.frame(0.5) is None
    assert Picamera2.made[0].calls[-1] == "cancel"
    assert camera.frame(0.5) is not None
    assert len(Picamera2.made) == 1


def test_after_a_long_silence_the_camera_is_opened_again() -> None:
    camera = started()
    Picamera2.coming = [TimeoutError(), TimeoutError(), TimeoutError(), TimeoutError(), yuv420(7)]
    for _ in range(4):
        assert camera.frame(0.5) is None
    first, second = Picamera2.made
    assert first.calls[-1] == "close"
    assert second.calls == [("open", 0), "start"]
    assert camera.frame(0.5) is not None


def test_a_picture_ends_the_silence() -> None:
    camera = started()
    Picamera2.coming = [TimeoutError(), TimeoutError(), TimeoutError(), yuv420(7)] * 3
    for _ in range(12):
        camera.frame(0.5)
    assert len(Picamera2.made) == 1


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("No camera number 0 found in the camera list"),
        IndexError("list index out of range"),
        RuntimeError("Camera __init__ sequence did not complete."),
    ],
)
def test_a_missing_or_busy_camera_is_an_error_with_its_cause(error: Exception) -> None:
    Picamera2.refuse = error
    with pytest.raises(DeviceError) as caught:
        started()
    assert caught.value.fault == "camera_missing"
    assert str(error) in str(caught.value)
    assert "rpicam-hello --list-cameras" in str(caught.value)


def test_the_error_includes_the_cause_that_picamera2_hides() -> None:
    error = RuntimeError("Camera __init__ sequence did not complete.")
    error.__cause__ = OSError("Failed to acquire camera: Device or resource busy")
    Picamera2.refuse = error
    with pytest.raises(DeviceError, match="Device or resource busy"):
        started()


def test_a_camera_that_cannot_be_configured_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Picamera2, configuration: Any) -> None:
        raise RuntimeError("Cannot allocate memory")

    monkeypatch.setattr(Picamera2, "configure", refuse)
    with pytest.raises(DeviceError, match="Cannot allocate memory"):
        started()
    assert Picamera2.made[0].calls[-2:] == ["cancel", "close"]


def test_without_picamera2_the_remedy_is_apt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(DeviceError, match="sudo apt install python3-picamera2") as caught:
        started()
    assert caught.value.fault == "camera_missing"


def test_closing_cancels_pending_captures_and_is_safe_twice() -> None:
    camera = started()
    camera.close()
    camera.close()
    assert Picamera2.made[0].calls == [("open", 0), "start", "cancel", "close"]


def test_a_close_that_hangs_is_an_error_after_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picamera2_camera, "CLOSE_S", 0.01)
    camera = started()
    Picamera2.closing.clear()
    with pytest.raises(DeviceError, match="cannot be closed within") as caught:
        camera.close()
    assert caught.value.fault == "camera_silent"
    Picamera2.closing.set()


def test_an_exposure_correction_applies_at_once_and_after_the_camera_is_opened_again() -> None:
    camera = started()
    camera.expose(-2)
    assert Picamera2.made[0].calls[-1] == ("controls", {"ExposureValue": -2.0})
    Picamera2.coming = [TimeoutError()] * 4
    for _ in range(4):
        camera.frame(0.5)
    assert Picamera2.made[1].configuration["controls"]["ExposureValue"] == -2.0


def test_a_camera_without_exposure_correction_is_not_changed_and_the_log_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    Picamera2.advertised = ["FrameDurationLimits"]
    camera = started()
    camera.expose(-1.0)
    camera.expose(-1.5)
    assert Picamera2.made[0].calls == [("open", 0), "start"]
    assert caplog.messages == ["this camera has no exposure correction; its automatic exposure is used as it is"]
