"""The scanner's process, as kiosk.composition.scanner_app starts it, with picamera2 on the virtual camera."""

from kiosk.hardware.cameras.opening import open_camera
from kiosk.scanner.child.process import serve
from tests.rig.camera import virtual_camera

if __name__ == "__main__":
    virtual_camera.install()
    serve(open_camera)
