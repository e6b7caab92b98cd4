"""Reading of one code in a still picture, for the command line."""

from kiosk.errors import KioskError
from kiosk.scanner.cascade.decode import MAX_SIDE_PX, Decoder
from kiosk.scanner.trial.pictures import grey_of

BUDGET_MS = 5000.0


def code_in_picture(data: bytes) -> bytes:
    """Return the payload of the first code in a picture file's content `data`, of any format that OpenCV reads.

    Raises `KioskError` if the content is no picture, if the picture is too large, or if no code can be read.
    """
    grey = grey_of(data)
    if grey is None or max(grey.shape) > MAX_SIDE_PX:
        raise KioskError(f"no picture of at most {MAX_SIDE_PX} pixels a side; give a PNG or JPEG")
    found = Decoder(BUDGET_MS).decode(grey, most=1).codes
    if not found:
        raise KioskError("no code can be read in this picture; give a sharper one, or the code's text")
    return found[0].data
