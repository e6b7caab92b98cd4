"""Plain QR codes on plain ground, for tests that have to know every pixel."""

from collections.abc import Sequence

import numpy as np
import segno

from kiosk.scanner.symbol.grey import Grey


def code(payload: bytes, module_px: int = 4, border: int = 4) -> Grey:
    matrix = segno.make(payload, micro=False, mode="byte").matrix_iter(scale=module_px, border=border)
    return np.where(np.array([list(row) for row in matrix]) > 0, 0, 255).astype(np.uint8)


def frame_with(picture: Grey, left: int, top: int, size: tuple[int, int] = (1280, 720), ground: int = 128) -> Grey:
    frame = np.full((size[1], size[0]), ground, np.uint8)
    frame[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return frame


def sheet_of(payloads: Sequence[bytes], module_px: int = 4) -> Grey:
    """Return a frame that a sheet with up to seventy small codes fills, in rows of ten."""
    frame = np.full((720, 1280), 245, np.uint8)
    pitch = 118 if len(payloads) <= 60 else 102
    for number, payload in enumerate(payloads):
        row, column = divmod(number, 10)
        picture = code(payload, module_px, border=2)
        top, left = 2 + pitch * row, 8 + 127 * column
        frame[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return frame


def unread(module_px: int) -> Grey:
    """Return a frame with a code that can be located but not read, because its middle is covered by a grey square."""
    picture = code(b"KIOSK1:pass" * 4, module_px)
    middle, reach = picture.shape[0] // 2, picture.shape[0] // 5
    picture[middle - reach : middle + reach, middle - reach : middle + reach] = 200
    return frame_with(picture, 300, 60)
