"""Opening the camera that the settings name."""

from kiosk.hardware.cameras.camera import Camera
from kiosk.hardware.cameras.picamera2_camera import Picamera2Camera
from kiosk.hardware.cameras.v4l2_camera import V4l2Camera
from kiosk.model import CameraKind, CameraSetup


def open_camera(settings: CameraSetup) -> Camera:
    """Return the camera of the settings, not started yet."""
    match settings.kind:
        case CameraKind.PICAMERA2:
            return Picamera2Camera(settings)
        case CameraKind.V4L2:
            return V4l2Camera(settings)
