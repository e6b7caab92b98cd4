"""The interface of all readers of a picture, and the two public decoders behind it: zxing-cpp and ZBar.

Rule 1: only QR codes are read. Every other kind of code costs time on each frame and has given false texts.
Rule 2: a payload is exactly the bytes that the symbol encodes, or it is not reported. One exception: ZBar removes a
byte order mark before a text.
"""

from dataclasses import dataclass, field
from typing import Protocol

import cv2
import zxingcpp
from pyzbar import pyzbar
from pyzbar.pyzbar_error import PyZbarError

from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.read import pose_of
from kiosk.scanner.symbol.sample.pose import Pose
from kiosk.scanner.wire.messages import MAX_PAYLOAD_BYTES

Corners = tuple[tuple[float, float], ...]
"""Four points (x, y) in pixels, in the order that the decoder gives."""

DECODER_ERRORS = (ValueError, TypeError, RuntimeError, OverflowError, MemoryError, cv2.error, PyZbarError)
"""Exceptions of the decoders and of OpenCV on pictures that they cannot handle.

pyzbar raises ValueError on real photographs.
"""

# Version 3 counts Micro QR among `QRCode`, which gave the only false texts ever measured; version 2.3 does not.
_FORMATS = getattr(zxingcpp.BarcodeFormat, "QRCodeModel2", zxingcpp.BarcodeFormat.QRCode)


@dataclass(frozen=True, slots=True)
class Code:
    """A symbol that was read: its payload, and its corners in the picture."""

    data: bytes = field(repr=False)
    corners: Corners


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a reader on one picture.

    codes: the symbols that were read.
    unread: the corners of symbols that were located but not read.
    poses: the poses of those unread symbols whose version is known too, so that their modules can be sampled.
    """

    codes: tuple[Code, ...] = ()
    unread: tuple[Corners, ...] = ()
    poses: tuple[Pose, ...] = ()


class SymbolReader(Protocol):
    """A reader of a grey picture. Our own readers stop when the budget is spent; public decoders ignore it."""

    def __call__(self, grey: Grey, budget: Budget = UNLIMITED, /) -> Found:
        """Return the codes in the picture, and the symbols that were located but not read.

        Raises one of `DECODER_ERRORS` if the decoder cannot handle the picture.
        """
        ...


def zxing(binarizer: object = zxingcpp.Binarizer.LocalAverage) -> SymbolReader:
    """Return a reader by zxing-cpp, which is the fastest decoder and reads most.

    It also reports symbols whose check symbols do not agree. `try_rotate` is off: QR codes are found at any angle
    without it, and a fifth of the time is saved.
    """

    def read(grey: Grey, _: Budget = UNLIMITED) -> Found:
        results = zxingcpp.read_barcodes(
            grey, formats=_FORMATS, try_rotate=False, binarizer=binarizer, return_errors=True
        )
        codes = (Code(bytes(result.bytes), _corners(result.position)) for result in results if result.valid)
        broken = [result for result in results if not result.valid]
        poses = (pose for pose in map(pose_of, broken) if pose is not None)
        return Found(tuple(filter(plausible, codes)), tuple(_corners(b.position) for b in broken), tuple(poses))

    return read


def zbar(grey: Grey, _: Budget = UNLIMITED) -> Found:
    """Read by ZBar, which is slow, but reads a few symbols that zxing-cpp does not read.

    ZBar converts bytes that are not ASCII to an encoding that it guesses, so such codes are not reported (rule 2).
    """
    results = pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol.QRCODE])
    codes = (
        Code(result.data, tuple((float(point.x), float(point.y)) for point in result.polygon))
        for result in results
        if result.data.isascii()
    )
    return Found(tuple(filter(plausible, codes)))


def plausible(code: Code) -> bool:
    """Return True if the payload is not empty and fits into a message to the controller."""
    return 0 < len(code.data) <= MAX_PAYLOAD_BYTES


def _corners(position: zxingcpp.Position) -> Corners:
    points = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    return tuple((float(point.x), float(point.y)) for point in points)
