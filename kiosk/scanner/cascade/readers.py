"""The decoders of others behind one face: a grey picture in, what was found out, and no exception of theirs escapes.

Rule 1: QR codes only; every further kind of code costs time on each frame and has given false texts.
Rule 2: a payload is exactly the bytes that the symbol holds, or it is not reported; only a byte order mark before a
text, which ZBar takes off, may be missing.
"""

from dataclasses import dataclass, field
from typing import Protocol

import cv2
import zxingcpp
from pyzbar import pyzbar
from pyzbar.pyzbar_error import PyZbarError

from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.read import guess
from kiosk.scanner.symbol.sample.pose import Pose
from kiosk.scanner.wire.messages import MAX_PAYLOAD_BYTES

Corners = tuple[tuple[float, float], ...]
"""Four points (x, y) in pixels, in the order the decoder gives them."""

STUMBLES = (ValueError, TypeError, RuntimeError, OverflowError, MemoryError, cv2.error, PyZbarError)
"""What the decoders and OpenCV raise on pictures they do not like; pyzbar's ValueError comes on real photographs."""

# Version 3 counts Micro QR among `QRCode`, which gave the only false texts ever measured; version 2.3 does not.
_FORMATS = getattr(zxingcpp.BarcodeFormat, "QRCodeModel2", zxingcpp.BarcodeFormat.QRCode)


@dataclass(frozen=True, slots=True)
class Code:
    """A symbol that was read."""

    data: bytes = field(repr=False)
    corners: Corners


@dataclass(frozen=True, slots=True)
class Found:
    """The codes read in one picture, and the places of symbols that were located but not read.

    `poses` are those of the places whose version is known too, so that their modules can be looked at one by one.
    """

    codes: tuple[Code, ...] = ()
    unread: tuple[Corners, ...] = ()
    poses: tuple[Pose, ...] = ()


class SymbolReader(Protocol):
    """Reads a grey picture; our own reading heeds what may still be spent on it."""

    def __call__(self, grey: Grey, budget: Budget = UNLIMITED, /) -> Found:
        """The codes in the picture, and where symbols are that could not be read."""
        ...


def zxing(binarizer: object = zxingcpp.Binarizer.LocalAverage) -> SymbolReader:
    """zxing-cpp, which reads most and fastest; it also tells where a symbol is whose checksum failed.

    `try_rotate` off loses nothing for QR codes, which are found at any angle, and saves a fifth of the time.
    """

    def read(grey: Grey, _: Budget = UNLIMITED) -> Found:
        results = zxingcpp.read_barcodes(
            grey, formats=_FORMATS, try_rotate=False, binarizer=binarizer, return_errors=True
        )
        codes = (Code(bytes(result.bytes), _corners(result.position)) for result in results if result.valid)
        broken = [result for result in results if not result.valid]
        guesses = (place for place in map(guess, broken) if place is not None)
        return Found(tuple(filter(plausible, codes)), tuple(_corners(b.position) for b in broken), tuple(guesses))

    return read


def zbar(grey: Grey, _: Budget = UNLIMITED) -> Found:
    """ZBar, late: slow, but reads a little that zxing-cpp does not.

    It hands other bytes than ASCII out in an encoding that it guessed, so such a code is not reported (rule 2).
    """
    results = pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol.QRCODE])
    codes = (Code(result.data, _polygon(result.polygon)) for result in results if result.data.isascii())
    return Found(tuple(filter(plausible, codes)))


def plausible(code: Code) -> bool:
    """Whether it says anything, and no more than the pipe takes."""
    return 0 < len(code.data) <= MAX_PAYLOAD_BYTES


def _corners(position: zxingcpp.Position) -> Corners:
    points = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    return tuple((float(point.x), float(point.y)) for point in points)


def _polygon(points: list[pyzbar.Point]) -> Corners:
    return tuple((float(point.x), float(point.y)) for point in points)
