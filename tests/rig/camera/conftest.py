"""The pictures of the virtual camera: a visitor who holds a phone with a code. Used only in the Debian root."""

import importlib.util
from pathlib import Path

import pytest

PICTURES = Path("/srv/pictures")
PICTURE_COUNT = 3

if importlib.util.find_spec("libcamera") is None:
    collect_ignore_glob = ["*"]  # script/rig camera runs these in a Debian root that has picamera2


@pytest.fixture(scope="session", autouse=True)
def virtual_camera() -> None:
    """Draw the pictures and install the patches before libcamera looks for cameras, because it reads the files once."""
    import cv2

    from kiosk.simulator.people.phone import CodeCarrier, DrawnView, Scene
    from tests.rig.camera import virtual_camera

    view = DrawnView(Scene(CodeCarrier.PHONE, b"KIOSK1:rig", seed=5), 1280, 720)
    for number in range(PICTURE_COUNT):
        # libcamera reads only colour pictures
        colour = cv2.cvtColor(view.picture(number / 10), cv2.COLOR_GRAY2BGR)
        cv2.imwrite(str(PICTURES / f"{number}.jpg"), colour)
    virtual_camera.install()
