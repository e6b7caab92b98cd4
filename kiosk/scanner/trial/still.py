"""The code in a still picture, for technicians; the camera's frames go through `process`."""

from kiosk.errors import KioskError
from kiosk.scanner.cascade.decode import MAX_SIDE_PX, Decoder
from kiosk.scanner.trial.pictures import grey_of

BUDGET_MS = 5000.0


def code_in_picture(data: bytes) -> bytes:
    """The bytes of the first code in a picture of any form that OpenCV reads; raises KioskError."""
    grey = grey_of(data)
    if grey is None or max(grey.shape) > MAX_SIDE_PX:
        raise KioskError(f"no picture of at most {MAX_SIDE_PX} pixels a side; give a PNG or JPEG")
    found = Decoder(BUDGET_MS).decode(grey).codes
    if not found:
        raise KioskError("no code can be read in this picture; give a sharper one, or the code's text")
    return found[0].data
