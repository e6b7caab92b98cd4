"""The composition root of the scanner's process, with the real camera that the settings name.

`python -m kiosk.scanner_app` is started by the controller, which holds both ends of its pipes.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded: the other cores are not the scanner's

from kiosk.hardware.cameras import open_camera
from kiosk.scanner.process import serve

if __name__ == "__main__":
    serve(open_camera)
