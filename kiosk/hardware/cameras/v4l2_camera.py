"""A USB camera, with OpenCV's V4L2 backend.

Rule 1: a grab can block for ten seconds; therefore it runs on a thread of its own, the reader. A caller of `frame`
        waits only as long as it wants to.
Rule 2: only the newest picture is kept, undecoded. It is decoded when it is requested, and only to grey.
Rule 3: the camera controls white balance and focus by itself, and exposure too until a code cannot be read. OpenCV
        cannot request "half a stop darker", only an exposure time, if the camera supports that: see `Shutter`.
Rule 4: only the reader uses the open camera.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from kiosk.errors import DeviceError
from kiosk.hardware.cameras.camera import CLOSE_S, Grey
from kiosk.model import CameraSetup

logger = logging.getLogger(__name__)

AUTO_EXPOSURE = 3
"""V4L2_EXPOSURE_APERTURE_PRIORITY in uapi/linux/v4l2-controls.h: the automatic mode of USB cameras."""

FIXED_EXPOSURE = 1
"""V4L2_EXPOSURE_MANUAL in the same file."""

DEFAULT_EXPOSURE = 100
"""10 ms in the units of V4L2_CID_EXPOSURE_ABSOLUTE (100 us), for a camera that never reports the time it chose.

That is one flash of a lamp on 50 Hz mains, and the middle of the times that cameras choose indoors.
"""

EXPOSURE_UNITS_PER_S = 10_000


class Capture(Protocol):
    """The part of cv2.VideoCapture that is used here."""

    def read(self) -> tuple[bool, Any]:
        """Wait for the next picture; return True and the picture, or False and None if there is none."""
        ...

    def get(self, prop: int) -> float:
        """Return a property; 0 or a negative number if the camera lacks it."""
        ...

    def set(self, prop: int, value: float) -> bool:
        """Set a property; return False if the camera lacks it."""
        ...

    def release(self) -> None:
        """Close the camera."""
        ...


def open_capture(settings: CameraSetup) -> Capture:
    """Open `/dev/videoN` and request the settings' picture size, rate and automatic exposure.

    Raises `DeviceError` (camera_missing) if the device does not exist or cannot be opened.
    """
    import cv2

    path = Path(f"/dev/video{settings.device}")
    if not path.exists():
        found = ", ".join(sorted(str(other) for other in path.parent.glob("video*"))) or "no camera"
        raise DeviceError(
            "camera", f"{path} does not exist, found {found}; see 'v4l2-ctl --list-devices'", "camera_missing"
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
        # a camera that lacks one of these works without it; `grey_of` accepts every format
        capture.set(prop, value)
    return capture


class V4l2Camera:
    """The camera `/dev/videoN`, N being `settings.device`. See `Camera`."""

    def __init__(self, settings: CameraSetup, open_capture: Callable[[CameraSetup], Capture] = open_capture) -> None:
        self._settings = settings
        self._open_capture = open_capture
        self._changed = threading.Condition()
        self._newest: Any = None
        self._reader: threading.Thread | None = None
        self._closing = self._ended = False
        self._stops = 0.0

    def start(self) -> None:
        """Open the camera and start the reader. Raises `DeviceError` (camera_missing) if it cannot be opened."""
        if self._settings.lens_position is not None:
            logger.warning("camera.lens_position is for picamera2; a USB camera focuses by itself")
        capture = self._open_capture(self._settings)
        self._closing = self._ended = False
        self._reader = threading.Thread(target=self._read, args=(capture,), name="camera-reader", daemon=True)
        self._reader.start()

    def frame(self, wait_s: float) -> Grey | None:
        """Return the newest picture, or None if none arrives within `wait_s` seconds or its bytes are damaged.

        Raises `DeviceError` (camera_silent) if the camera has stopped and its last picture was returned.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._ended, wait_s)
            picture, self._newest = self._newest, None
            if picture is None and self._ended:
                message = f"/dev/video{self._settings.device} delivers no more pictures; check its plug and cable"
                raise DeviceError("camera", message, "camera_silent")
        return None if picture is None else grey_of(picture, self._settings.height_px)

    def expose(self, stops: float) -> None:
        """Correct the exposure by `stops` from the next grab on.

        The correction that the settings name (`exposure_value`) stands for the camera's automatic exposure.
        """
        self._stops = stops - self._settings.exposure_value

    def close(self) -> None:
        """Stop the reader, which closes the camera.

        Raises `DeviceError` (camera_silent) if its grab does not end within `CLOSE_S`.
        """
        self._closing = True
        reader, self._reader = self._reader, None
        if reader is None:
            return
        reader.join(CLOSE_S)
        if reader.is_alive():
            message = f"/dev/video{self._settings.device} cannot be closed within {CLOSE_S:.0f} s; replug it"
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


class Shutter:
    """The exposure time of an open camera, for the reader's thread only.

    A correction by `stops` is a fixed exposure time: the time that the automatic mode chose last, times 2 ** stops.
    The camera should report that time. Some report 0, others a time longer than one frame, which cannot be true; the
    time is therefore limited to one frame, and `DEFAULT_EXPOSURE` replaces a missing one.
    """

    def __init__(self, capture: Capture, frame_hz: float) -> None:
        self._capture = capture
        self._longest_time = EXPOSURE_UNITS_PER_S / frame_hz
        self._stops = 0.0
        self._automatic_time = 0.0
        self._settable = True

    def correct(self, stops: float) -> None:
        """Expose `stops` more than the automatic mode did when it was last active; 0 returns to the automatic mode."""
        if stops == self._stops or not self._settable:
            return
        import cv2

        leaves_automatic, self._stops = self._stops == 0, stops
        if leaves_automatic:
            self._automatic_time = self._capture.get(cv2.CAP_PROP_EXPOSURE)
        if stops == 0:
            self._capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, AUTO_EXPOSURE)
            return
        fixed = self._capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, FIXED_EXPOSURE)
        if self._automatic_time <= 0:  # some cameras report the time only after the automatic mode was left
            self._automatic_time = self._capture.get(cv2.CAP_PROP_EXPOSURE)
        base = min(self._automatic_time, self._longest_time) if self._automatic_time > 0 else DEFAULT_EXPOSURE
        self._settable = fixed and self._capture.set(cv2.CAP_PROP_EXPOSURE, max(1, round(base * 2**stops)))
        if not self._settable:
            self._capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, AUTO_EXPOSURE)
            logger.info("this camera's exposure cannot be set; its automatic exposure is used as it is")


def grey_of(picture: Any, height_px: int) -> Grey | None:
    """Return the grey picture of any format that a camera sends, or None if its bytes are not a picture.

    picture: JPEG bytes (1 x n), YUYV (h x w x 2), BGR (h x w x 3), or planes of which the grey one is on top
    (at least h x w, h being `height_px`). USB cameras send damaged JPEG bytes now and then.
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
