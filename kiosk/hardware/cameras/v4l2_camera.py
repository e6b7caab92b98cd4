"""A USB camera, by OpenCV's V4L2 backend.

Rule 1: a grab can block for ten seconds, so a thread of its own grabs; who wants a picture waits as long as they like.
Rule 2: only the newest picture is kept, undecoded; it is decoded when it is wanted, and only its grey.
Rule 3: white balance and focus are the camera's own affair, and so is exposure until a code cannot be read: OpenCV has
        no word for "half a stop darker", only for a time of exposure, where the camera offers one.
Rule 4: only the thread that grabs touches the open camera.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from kiosk.errors import DeviceError
from kiosk.hardware.cameras.camera import CLOSE_S, Grey
from kiosk.settings.schema.wiring import CameraSettings

logger = logging.getLogger(__name__)

AUTO_EXPOSURE = 3
"""V4L2_EXPOSURE_APERTURE_PRIORITY in uapi/linux/v4l2-controls.h, which is what USB cameras call automatic."""


FIXED_EXPOSURE = 1
"""V4L2_EXPOSURE_MANUAL in the same file."""


class Capture(Protocol):
    """What is used of cv2.VideoCapture."""

    def read(self) -> tuple[bool, Any]:
        """The next picture, or False when there is none."""
        ...

    def get(self, prop: int) -> float:
        """A property; 0 or below for one that the camera lacks."""
        ...

    def set(self, prop: int, value: float) -> bool:
        """Set a property; False when the camera lacks it."""
        ...

    def release(self) -> None:
        """Let the camera go."""
        ...


def open_capture(settings: CameraSettings) -> Capture:
    """`/dev/videoN`, set up; `DeviceError` (camera_missing) when it cannot be had."""
    import cv2

    path = Path(f"/dev/video{settings.device}")
    if not path.exists():
        found = ", ".join(sorted(str(other) for other in path.parent.glob("video*"))) or "no camera at all"
        raise DeviceError(
            "camera", f"{path} is not there, found {found}; see 'v4l2-ctl --list-devices'", "camera_missing"
        )
    capture = cv2.VideoCapture(settings.device, cv2.CAP_V4L2)
    if not capture.isOpened():
        message = f"{path} cannot be opened; end the program that uses it, or add this user to the group 'video'"
        raise DeviceError("camera", message, "camera_missing")
    for prop, value in (
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, settings.width_px),
        (cv2.CAP_PROP_FRAME_HEIGHT, settings.height_px),
        (cv2.CAP_PROP_FPS, settings.frame_hz),
        (cv2.CAP_PROP_AUTO_EXPOSURE, AUTO_EXPOSURE),
        (cv2.CAP_PROP_CONVERT_RGB, 0),
    ):
        # a camera that lacks one of these goes on without it; `grey_of` takes the picture as it comes
        capture.set(prop, value)
    return capture


class V4l2Camera:
    """`/dev/videoN` of the settings."""

    def __init__(
        self, settings: CameraSettings, open_capture: Callable[[CameraSettings], Capture] = open_capture
    ) -> None:
        self._settings = settings
        self._open_capture = open_capture
        self._changed = threading.Condition()
        self._newest: Any = None
        self._reader: threading.Thread | None = None
        self._closing = self._ended = False
        self._stops = 0.0

    def start(self) -> None:
        """Open the camera and let pictures flow; `DeviceError` (camera_missing) when it cannot be had."""
        if self._settings.lens_position is not None:
            logger.warning("camera.lens_position is for picamera2; a USB camera focuses by itself")
        capture = self._open_capture(self._settings)
        self._closing = self._ended = False
        self._reader = threading.Thread(target=self._read, args=(capture,), name="camera-reader", daemon=True)
        self._reader.start()

    def frame(self, wait_s: float) -> Grey | None:
        """The newest picture, or None; `DeviceError` (camera_silent) once the camera has stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._ended, wait_s)
            picture, self._newest = self._newest, None
            if picture is None and self._ended:
                message = f"/dev/video{self._settings.device} delivers no more pictures; check its plug and cable"
                raise DeviceError("camera", message, "camera_silent")
        return None if picture is None else grey_of(picture, self._settings.height_px)

    def expose(self, stops: float) -> None:
        """Take the correction over before the next grab; the settings' value is the camera's own automatic one."""
        self._stops = stops - self._settings.exposure_value

    def close(self) -> None:
        """Let the camera go; `DeviceError` (camera_silent) when a grab does not end within `CLOSE_S`."""
        self._closing = True
        reader, self._reader = self._reader, None
        if reader is None:
            return
        reader.join(CLOSE_S)
        if reader.is_alive():
            message = f"/dev/video{self._settings.device} does not let go within {CLOSE_S:.0f} s; replug it"
            raise DeviceError("camera", message, "camera_silent")

    def _read(self, capture: Capture) -> None:
        shutter = Shutter(capture, self._settings.frame_hz)
        try:
            while not self._closing:
                shutter.correct(self._stops)
                good, picture = capture.read()
                if not good:
                    break
                with self._changed:
                    self._newest = picture
                    self._changed.notify_all()
        finally:
            capture.release()
            with self._changed:
                self._ended = True
                self._changed.notify_all()


LAMP_TIME = 100
"""10 ms in the units of V4L2_CID_EXPOSURE_ABSOLUTE (100 us): one flash of a lamp on 50 Hz, and the middle of what
cameras choose indoors; for a camera that never says what it chose."""

UNITS_HZ = 10_000


class Shutter:
    """The time of exposure of an open camera, as far as it offers one; used by the grabbing thread only.

    A camera on automatic should tell the time that it chose. Some tell 0, or a time longer than a picture takes.
    """

    def __init__(self, capture: Capture, frame_hz: float) -> None:
        self._capture = capture
        self._longest = UNITS_HZ / frame_hz
        self._stops = 0.0
        self._automatic_time = 0.0
        self._able = True

    def correct(self, stops: float) -> None:
        """Expose `stops` more than the automatic did when it was left; 0 gives the exposure back to it."""
        if stops == self._stops or not self._able:
            return
        import cv2

        leaves_automatic, self._stops = self._stops == 0, stops
        if leaves_automatic:
            self._automatic_time = self._capture.get(cv2.CAP_PROP_EXPOSURE)
        if stops == 0:
            self._capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, AUTO_EXPOSURE)
            return
        fixed = self._capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, FIXED_EXPOSURE)
        if self._automatic_time <= 0:  # some tell it once it is theirs no more
            self._automatic_time = self._capture.get(cv2.CAP_PROP_EXPOSURE)
        base = min(self._automatic_time, self._longest) if self._automatic_time > 0 else LAMP_TIME
        self._able = fixed and self._capture.set(cv2.CAP_PROP_EXPOSURE, max(1, round(base * 2**stops)))
        if not self._able:
            self._capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, AUTO_EXPOSURE)
            logger.info("this camera's exposure cannot be set; its own automatic one has to do")


def grey_of(picture: Any, height_px: int) -> Grey | None:
    """The grey of whatever the camera sent: JPEG bytes, YUYV, colour, or planes with the grey on top.

    None for bytes that are no picture: USB cameras send a torn one now and then.
    """
    import cv2
    import numpy as np

    if picture.ndim == 2 and picture.shape[0] == 1:
        grey = cv2.imdecode(picture, cv2.IMREAD_GRAYSCALE)
    elif picture.ndim == 2:
        grey = picture[:height_px]
    elif picture.shape[2] == 2:
        grey = picture[:, :, 0]
    else:
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return None if grey is None else np.ascontiguousarray(grey, dtype=np.uint8)
