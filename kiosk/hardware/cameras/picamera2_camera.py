"""The ribbon-cable camera, by picamera2.

Rule 1: one video configuration for life: a mode switch costs memory that a Zero 2 W does not have (picamera2 #1358).
Rule 2: every capture has a time limit. After one that ran out the waiting job is cancelled, or it would swallow a
        picture later and never give it back (picamera2 #889).
Rule 3: libcamera's own time-out ends the pictures without a word and never heals, so a silence is answered by
        opening the camera anew (picamera2 #883, #952; libcamera's pipeline_base.cpp).
Rule 4: a request goes back whatever happens to its picture: four that do not, and the camera starves.
Rule 5: closing can hang for ever (picamera2 #1065, #1264, #1275), so it happens on a thread that nobody waits for long.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any

from kiosk.errors import DeviceError
from kiosk.hardware.cameras.camera import CLOSE_S, Grey
from kiosk.settings.schema.wiring import CameraSettings

logger = logging.getLogger(__name__)

BUFFERS = 4
"""Fewer starve the pipeline, more starve the memory (picamera2 #972)."""

REOPEN_AFTER_S = 2.0
"""libcamera gives a camera up after one second without a frame."""


class Picamera2Camera:
    """Camera number `settings.device`, on the grey part of a YUV420 stream."""

    def __init__(self, settings: CameraSettings) -> None:
        self._settings = settings
        self._stops = float(settings.exposure_value)
        self._camera: Any = None
        self._silent_s = 0.0
        self._told = False

    def start(self) -> None:
        """Open the camera and let pictures flow; `DeviceError` (camera_missing) when it cannot be had."""
        try:
            from picamera2 import Picamera2
        except ImportError as error:
            remedy = "run 'sudo apt install python3-picamera2 --no-install-recommends'"
            raise DeviceError("camera", f"picamera2 cannot be used ({error}); {remedy}", "camera_missing") from error
        try:
            self._camera = Picamera2(self._settings.device)
            self._camera.configure(self._configuration())
            self._camera.start()
        except (RuntimeError, IndexError) as error:  # IndexError: no such camera, picamera2 before 0.3.37
            self.close()
            cause = f"{error} {error.__cause__ or ''}".strip()
            message = f"camera {self._settings.device} cannot be opened ({cause}); see 'rpicam-hello --list-cameras'"
            raise DeviceError("camera", message, "camera_missing") from error
        self._silent_s = 0.0

    def frame(self, wait_s: float) -> Grey | None:
        """The newest picture, or None when none came within `wait_s`; a long silence opens the camera anew."""
        try:
            request = self._camera.capture_request(wait=wait_s)
        except (TimeoutError, CancelledError):
            self._silence(wait_s)
            return None
        try:
            picture = request.make_array("main")
        finally:
            request.release()
        self._silent_s = 0.0
        return self._grey_of(picture)

    def expose(self, stops: float) -> None:
        """Correct the exposure by `stops` from the next pictures on, where the camera knows the control."""
        self._stops = float(stops)
        if "ExposureValue" in self._camera.camera_controls:
            self._camera.set_controls({"ExposureValue": self._stops})
        elif not self._told:
            self._told = True
            logger.info("this camera has no exposure correction; its own automatic one has to do")

    def close(self) -> None:
        """Let the camera go; `DeviceError` (camera_silent) when it does not within `CLOSE_S`."""
        camera, self._camera = self._camera, None
        if camera is None:
            return
        camera.cancel_all_and_flush()
        closing = threading.Thread(target=camera.close, name="camera-close", daemon=True)
        closing.start()
        closing.join(CLOSE_S)
        if closing.is_alive():
            message = f"it does not let go within {CLOSE_S:.0f} s; check its ribbon cable and power supply"
            raise DeviceError("camera", message, "camera_silent")

    def _silence(self, waited_s: float) -> None:
        self._camera.cancel_all_and_flush()
        self._silent_s += waited_s
        if self._silent_s >= REOPEN_AFTER_S:
            self.close()
            self.start()

    def _grey_of(self, picture: Any) -> Grey:
        """The grey part stands on top; rows may be padded to the hardware's stride."""
        import numpy as np

        return np.ascontiguousarray(picture[: self._settings.height_px, : self._settings.width_px], dtype=np.uint8)

    def _configuration(self) -> Any:
        size = (self._settings.width_px, self._settings.height_px)
        return self._camera.create_video_configuration(
            main={"size": size, "format": "YUV420"},
            buffer_count=BUFFERS,
            queue=True,
            controls=self._controls(),
        )

    def _controls(self) -> dict[str, Any]:
        """What this camera can be told; a control that it does not know would be an error."""
        return {
            name: value()
            for name, value in wanted_controls(self._settings, self._stops).items()
            if name in self._camera.camera_controls
        }


def wanted_controls(settings: CameraSettings, stops: float) -> dict[str, Callable[[], Any]]:
    """What a camera for bright codes on phones at arm's length should be told, if it can be.

    libcamera's control types are strict: a whole number where one is meant, a fraction where one is meant. Its enums
    are looked up late, because an older libcamera lacks those of controls that it does not have.
    """
    from libcamera import controls

    frame_us = round(1_000_000 / settings.frame_hz)
    wanted: dict[str, Callable[[], Any]] = {
        "FrameDurationLimits": lambda: (frame_us, frame_us),
        # lamps flicker at twice the mains frequency; libcamera for the Pi knows no automatic mode
        "AeFlickerMode": lambda: controls.AeFlickerModeEnum.Manual,
        "AeFlickerPeriod": lambda: round(1_000_000 / (2 * settings.mains_hz)),
        # a bright screen must not burn out, and a hand moves
        "AeConstraintMode": lambda: controls.AeConstraintModeEnum.Highlight,
        "AeExposureMode": lambda: controls.AeExposureModeEnum.Short,
        "ExposureValue": lambda: stops,
    }
    lens_position = settings.lens_position
    if lens_position is not None:
        wanted["AfMode"] = lambda: controls.AfModeEnum.Manual
        wanted["LensPosition"] = lambda: float(lens_position)
    else:
        # picamera2 does not focus by itself: the lens would stay at one metre
        wanted["AfMode"] = lambda: controls.AfModeEnum.Continuous
        wanted["AfRange"] = lambda: controls.AfRangeEnum.Macro
        wanted["AfSpeed"] = lambda: controls.AfSpeedEnum.Fast
    return wanted
