"""The ribbon-cable camera, with picamera2.

picamera2 hands out "requests": buffers with one completed picture each. They belong to a small fixed set that
libcamera fills in turn, so that a request that is not released is missing for every later picture.

Rule 1: the video configuration is never changed: another mode needs memory that a Zero 2 W does not have
        (picamera2 #1358).
Rule 2: every capture has a time limit. A capture that timed out is cancelled; otherwise its job stays in the queue
        and later takes a request that is never released (picamera2 #889).
Rule 3: after libcamera's own time-out no more pictures come, without an error and for ever. Therefore the camera is
        closed and opened again after a silence (picamera2 #883, #952; libcamera's pipeline_base.cpp).
Rule 4: every request is released, also if its picture cannot be read: after four lost ones no picture comes any more.
Rule 5: closing can hang for ever (picamera2 #1065, #1264, #1275); therefore it runs on a thread of its own, and the
        caller waits for it at most `CLOSE_S`.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any

from kiosk.errors import DeviceError
from kiosk.hardware.cameras.camera import CLOSE_S, Grey
from kiosk.model import CameraSetup

logger = logging.getLogger(__name__)

BUFFERS = 4
"""Fewer buffers starve the pipeline; more need too much memory (picamera2 #972)."""

REOPEN_AFTER_S = 2.0
"""A silence of this length opens the camera again; libcamera gives it up after one second without a frame."""


class Picamera2Camera:
    """Camera number `settings.device`; its pictures are the grey plane of a YUV420 stream. See `Camera`."""

    def __init__(self, settings: CameraSetup) -> None:
        self._settings = settings
        self._stops = float(settings.exposure_value)
        self._camera: Any = None
        self._silent_s = 0.0
        self._limitation_logged = False

    def start(self) -> None:
        """Open the camera and start the stream.

        Raises `DeviceError`: camera_missing if picamera2 is not installed or the camera cannot be opened, camera_silent
        if opening failed half-way and the camera cannot be closed either.
        """
        try:
            from picamera2 import Picamera2
        except ImportError as error:
            remedy = "run 'sudo apt install python3-picamera2 --no-install-recommends'"
            raise DeviceError("camera", f"picamera2 cannot be used ({error}); {remedy}", "camera_missing") from error
        try:
            self._camera = camera = Picamera2(self._settings.device)
            wanted = wanted_controls(self._settings, self._stops).items()
            configuration = camera.create_video_configuration(
                main={"size": (self._settings.width_px, self._settings.height_px), "format": "YUV420"},
                buffer_count=BUFFERS,
                queue=True,
                # a control that the camera does not have would be an error
                controls={name: value() for name, value in wanted if name in camera.camera_controls},
            )
            camera.configure(configuration)
            camera.start()
        except (RuntimeError, IndexError) as error:  # IndexError: no such camera, picamera2 before 0.3.37
            self.close()
            cause = f"{error} {error.__cause__ or ''}".strip()
            message = f"camera {self._settings.device} cannot be opened ({cause}); see 'rpicam-hello --list-cameras'"
            raise DeviceError("camera", message, "camera_missing") from error
        self._silent_s = 0.0

    def frame(self, wait_s: float) -> Grey | None:
        """Return the newest picture, or None if none arrives within `wait_s` seconds.

        After `REOPEN_AFTER_S` without a picture the camera is closed and opened again. Raises `DeviceError`:
        camera_silent if it cannot be closed, camera_missing if it cannot be opened again.
        """
        import numpy as np

        try:
            request = self._camera.capture_request(wait=wait_s)
        except (TimeoutError, CancelledError):
            self._camera.cancel_all_and_flush()
            self._silent_s += wait_s
            if self._silent_s >= REOPEN_AFTER_S:
                self.close()
                self.start()
            return None
        try:
            picture = request.make_array("main")
        finally:
            request.release()
        self._silent_s = 0.0
        # the grey plane is on top; its rows may be padded to the hardware's stride
        return np.ascontiguousarray(picture[: self._settings.height_px, : self._settings.width_px], dtype=np.uint8)

    def expose(self, stops: float) -> None:
        """Correct the exposure by `stops` from the next pictures on, if the camera has that control."""
        self._stops = float(stops)
        if "ExposureValue" in self._camera.camera_controls:
            self._camera.set_controls({"ExposureValue": self._stops})
        elif not self._limitation_logged:
            self._limitation_logged = True
            logger.info("this camera has no exposure correction; its automatic exposure is used as it is")

    def close(self) -> None:
        """Close the camera. Raises `DeviceError` (camera_silent) if that takes longer than `CLOSE_S`."""
        camera, self._camera = self._camera, None
        if camera is None:
            return
        camera.cancel_all_and_flush()
        closing = threading.Thread(target=camera.close, name="camera-close", daemon=True)
        closing.start()
        closing.join(CLOSE_S)
        if closing.is_alive():
            message = f"it cannot be closed within {CLOSE_S:.0f} s; check its ribbon cable and power supply"
            raise DeviceError("camera", message, "camera_silent")


def wanted_controls(settings: CameraSetup, stops: float) -> dict[str, Callable[[], Any]]:
    """Return the libcamera controls for bright codes on phones at arm's length, each with a function for its value.

    stops: the exposure correction in powers of two. A camera may lack some of these controls. The types matter:
    libcamera refuses a float for an integer control. The values are functions because an older libcamera does not
    have the enums of the controls that it lacks.
    """
    from libcamera import controls

    frame_us = round(1_000_000 / settings.frame_hz)
    wanted: dict[str, Callable[[], Any]] = {
        "FrameDurationLimits": lambda: (frame_us, frame_us),
        # lamps flicker at twice the mains frequency; libcamera for the Pi has no automatic mode
        "AeFlickerMode": lambda: controls.AeFlickerModeEnum.Manual,
        "AeFlickerPeriod": lambda: round(1_000_000 / (2 * settings.mains_hz)),
        # a bright screen must not be overexposed, and a moving hand must not blur
        "AeConstraintMode": lambda: controls.AeConstraintModeEnum.Highlight,
        "AeExposureMode": lambda: controls.AeExposureModeEnum.Short,
        "ExposureValue": lambda: stops,
    }
    lens_position = settings.lens_position
    if lens_position is not None:
        wanted["AfMode"] = lambda: controls.AfModeEnum.Manual
        wanted["LensPosition"] = lambda: float(lens_position)
    else:
        # picamera2 does not enable autofocus: the lens would stay at one metre
        wanted["AfMode"] = lambda: controls.AfModeEnum.Continuous
        wanted["AfRange"] = lambda: controls.AfRangeEnum.Macro
        wanted["AfSpeed"] = lambda: controls.AfSpeedEnum.Fast
    return wanted
