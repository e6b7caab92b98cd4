import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from kiosk.errors import DeviceError
from kiosk.hardware.cameras import v4l2_camera
from kiosk.hardware.cameras.opening import open_camera
from kiosk.hardware.cameras.v4l2_camera import V4l2Camera, grey_of, open_capture
from kiosk.model import CameraKind
from kiosk.settings.schema.wiring import CameraSettings

SETTINGS = CameraSettings(kind=CameraKind.V4L2, device=63)
LONG_S = 10.0
"""A limit for failures; a test that passes never waits so long."""


class Capture:
    """A camera whose pictures the test provides; reading blocks until then, as a grab does."""

    def __init__(self) -> None:
        self.coming: queue.Queue[Any] = queue.Queue()
        self.wanted = threading.Semaphore(0)
        self.released = threading.Event()
        self.has: dict[int, float] = {}
        self.set_to: list[tuple[int, float]] = []

    def get(self, prop: int) -> float:
        return self.has.get(prop, 0.0)

    def set(self, prop: int, value: float) -> bool:
        self.set_to.append((prop, value))
        return prop in self.has

    def read(self) -> tuple[bool, Any]:
        self.wanted.release()
        picture = self.coming.get(timeout=LONG_S)
        return picture is not None, picture

    def release(self) -> None:
        self.released.set()

    def give(self, picture: Any) -> None:
        """Provide a picture, and wait until the reader requests the next one: then it has stored this one."""
        self.coming.put(picture)
        assert self.wanted.acquire(timeout=LONG_S)


@pytest.fixture
def capture() -> Capture:
    return Capture()


@pytest.fixture
def camera(capture: Capture) -> Iterator[V4l2Camera]:
    camera = V4l2Camera(SETTINGS, lambda settings: capture)
    camera.start()
    assert capture.wanted.acquire(timeout=LONG_S)
    yield camera
    capture.coming.put(None)
    assert capture.released.wait(LONG_S)


def grey(value: int) -> Any:
    return np.full((720, 1280), value, np.uint8)


def test_the_settings_choose_it() -> None:
    assert isinstance(open_camera(SETTINGS), V4l2Camera)


def test_only_the_newest_picture_is_returned_and_only_once(camera: V4l2Camera, capture: Capture) -> None:
    for value in (1, 2, 3):
        capture.give(grey(value))
    newest = camera.frame(LONG_S)
    assert newest is not None
    assert newest[0, 0] == 3
    assert camera.frame(0.0) is None


def test_a_caller_that_waits_gets_the_next_picture(camera: V4l2Camera, capture: Capture) -> None:
    capture.coming.put(grey(9))
    picture = camera.frame(LONG_S)
    assert picture is not None
    assert picture[0, 0] == 9


def test_a_camera_that_blocks_does_not_block_the_caller(camera: V4l2Camera) -> None:
    assert camera.frame(0.01) is None


def test_a_camera_that_was_unplugged_is_an_error_after_its_last_picture(camera: V4l2Camera, capture: Capture) -> None:
    capture.give(grey(5))
    capture.coming.put(None)
    assert capture.released.wait(LONG_S)
    assert camera.frame(LONG_S) is not None
    with pytest.raises(DeviceError, match="/dev/video63 delivers no more pictures") as caught:
        camera.frame(LONG_S)
    assert caught.value.fault == "camera_silent"


def test_closing_releases_the_camera_on_the_readers_own_thread(camera: V4l2Camera, capture: Capture) -> None:
    closing = threading.Thread(target=camera.close)
    closing.start()
    capture.coming.put(grey(1))
    capture.coming.put(grey(1))
    closing.join(LONG_S)
    assert not closing.is_alive()
    assert capture.released.is_set()
    camera.close()


def test_a_grab_that_hangs_is_an_error_after_the_limit(
    camera: V4l2Camera, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(v4l2_camera, "CLOSE_S", 0.01)
    with pytest.raises(DeviceError, match="cannot be closed within") as caught:
        camera.close()
    assert caught.value.fault == "camera_silent"


def test_a_missing_device_is_an_error_with_its_path() -> None:
    camera = V4l2Camera(SETTINGS)
    with pytest.raises(DeviceError, match="/dev/video63 does not exist, found ") as caught:
        camera.start()
    assert caught.value.fault == "camera_missing"
    camera.close()


class Opened:
    """A stub of cv2.VideoCapture for a device that exists."""

    def __init__(self, device: int, api: int) -> None:
        assert (device, api) == (63, cv2.CAP_V4L2)
        self.set_to: dict[int, float] = {}

    def isOpened(self) -> bool:  # noqa: N802 - the name is OpenCV's
        return True

    def set(self, prop: int, value: float) -> bool:
        self.set_to[prop] = value
        return False  # as with a camera that has none of the properties


class Refused(Opened):
    def isOpened(self) -> bool:  # noqa: N802
        return False


@pytest.fixture
def device_file(monkeypatch: pytest.MonkeyPatch) -> None:
    exists = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: path == Path("/dev/video63") or exists(path))


@pytest.mark.usefixtures("device_file")
def test_the_camera_is_set_up_as_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", Opened)
    capture: Any = open_capture(SETTINGS)
    assert capture.set_to == {
        cv2.CAP_PROP_FOURCC: 0x47504A4D,  # "MJPG", the first letter lowest
        cv2.CAP_PROP_FRAME_WIDTH: 1280,
        cv2.CAP_PROP_FRAME_HEIGHT: 720,
        cv2.CAP_PROP_FPS: 30.0,
        cv2.CAP_PROP_AUTO_EXPOSURE: 3,
        cv2.CAP_PROP_CONVERT_RGB: 0,
    }


@pytest.mark.usefixtures("device_file")
def test_a_device_that_another_program_uses_is_an_error_with_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", Refused)
    with pytest.raises(DeviceError, match=r"/dev/video63 cannot be opened; .* group 'video'") as caught:
        open_capture(SETTINGS)
    assert caught.value.fault == "camera_missing"


def jpeg(picture: Any) -> Any:
    return cv2.imencode(".jpg", picture)[1].reshape(1, -1)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(jpeg(np.full((720, 1280, 3), 77, np.uint8)), id="jpeg"),
        pytest.param(np.dstack([grey(77), grey(128)]), id="yuyv"),
        pytest.param(np.full((720, 1280, 3), 77, np.uint8), id="bgr"),
        pytest.param(np.vstack([grey(77), grey(128)[:360]]), id="yuv420"),
        pytest.param(grey(77), id="grey"),
    ],
)
def test_every_format_that_cameras_send_becomes_a_grey_picture(sent: Any) -> None:
    picture = grey_of(sent, 720)
    assert picture is not None
    assert picture.shape == (720, 1280)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    assert abs(int(picture[300, 300]) - 77) <= 1


@pytest.mark.parametrize("torn", [np.zeros((1, 4000), np.uint8), np.full((1, 3), 255, np.uint8)])
def test_damaged_bytes_are_no_picture(torn: Any) -> None:
    assert grey_of(torn, 720) is None


def test_a_fixed_focus_is_ignored_with_a_warning(capture: Capture, caplog: pytest.LogCaptureFixture) -> None:
    camera = V4l2Camera(SETTINGS.model_copy(update={"lens_position": 6.0}), lambda settings: capture)
    capture.coming.put(None)
    camera.start()
    assert capture.released.wait(LONG_S)
    assert caplog.messages == ["camera.lens_position is for picamera2; a USB camera focuses by itself"]


def test_a_darker_correction_is_a_shorter_exposure_and_the_default_is_the_automatic_mode(
    camera: V4l2Camera, capture: Capture
) -> None:
    capture.has = {cv2.CAP_PROP_EXPOSURE: 160.0, cv2.CAP_PROP_AUTO_EXPOSURE: 3.0}
    for stops in (-1.5, -2.5, -0.5):
        camera.expose(stops)
        capture.give(grey(1))
    assert capture.set_to == [
        (cv2.CAP_PROP_AUTO_EXPOSURE, 1),
        (cv2.CAP_PROP_EXPOSURE, 80),
        (cv2.CAP_PROP_AUTO_EXPOSURE, 1),
        (cv2.CAP_PROP_EXPOSURE, 40),
        (cv2.CAP_PROP_AUTO_EXPOSURE, 3),
    ]


@pytest.mark.parametrize(("reported", "halved"), [(0.0, 50), (-1.0, 50), (166.0, 83), (2500.0, 167)])
def test_an_impossible_automatic_exposure_time_is_replaced(
    camera: V4l2Camera, capture: Capture, reported: float, halved: int
) -> None:
    """A camera that reports no time gets 10 ms; at 30 pictures a second, an exposure of 250 ms is impossible."""
    capture.has = {cv2.CAP_PROP_EXPOSURE: reported, cv2.CAP_PROP_AUTO_EXPOSURE: 3.0}
    camera.expose(-1.5)
    capture.give(grey(1))
    assert capture.set_to[-1] == (cv2.CAP_PROP_EXPOSURE, halved)


def test_a_time_that_is_reported_only_in_manual_mode_is_read_then(
    camera: V4l2Camera, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter((0.0, 40.0))
    capture.has = {cv2.CAP_PROP_EXPOSURE: 0.0, cv2.CAP_PROP_AUTO_EXPOSURE: 3.0}
    monkeypatch.setattr(capture, "get", lambda _prop: next(answers))
    camera.expose(-1.5)
    capture.give(grey(1))
    assert capture.set_to[-1] == (cv2.CAP_PROP_EXPOSURE, 20)


def test_a_camera_whose_exposure_cannot_be_set_stays_automatic_and_the_log_says_so_once(
    camera: V4l2Camera, capture: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for stops in (-1.0, -1.5, -2.0):
        camera.expose(stops)
        capture.give(grey(1))
    assert capture.set_to == [(cv2.CAP_PROP_AUTO_EXPOSURE, 1), (cv2.CAP_PROP_AUTO_EXPOSURE, 3)]
    assert caplog.messages == ["this camera's exposure cannot be set; its automatic exposure is used as it is"]
