"""Symbols drawn by segno, and pictures of them as a camera would take them."""

import cv2
import numpy as np
import numpy.typing as npt
import segno

from kiosk.scanner.symbol.code.codewords import SoftBits
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.sample.pose import Pose, from_corners

Matrix = npt.NDArray[np.bool_]


def symbol(payload: bytes | str, version: int | None = None, level: str = "m", mode: str | None = None) -> Matrix:
    drawn = segno.make(payload, version=version, error=level, mode=mode, boost_error=False, micro=False)
    matrix: Matrix = np.array([list(row) for row in drawn.matrix]) == 1
    return matrix


def certain(matrix: Matrix) -> SoftBits:
    """Return soft bits without any doubt."""
    return np.where(matrix, 8.0, -8.0).astype(np.float32)


def seen_at(matrix: Matrix, corners: list[tuple[float, float]]) -> tuple[Grey, Pose]:
    """Return a picture of 640x480 pixels with the symbol on a white page, and its pose.

    `corners` are those of the symbol in pixels, clockwise from its upper left one.
    """
    fine, quiet = 8, 4
    page = np.where(np.kron(np.pad(matrix, quiet), np.ones((fine, fine), bool)), 20, 235).astype(np.uint8)
    pose = from_corners(np.array(corners), (len(matrix) - 17) // 4)
    onto_page = np.array([[1 / fine, 0, 0.5 / fine - quiet], [0, 1 / fine, 0.5 / fine - quiet], [0, 0, 1]])
    half = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    scale = max(1.0, fine / pose.module_px() / 1.5)
    page = cv2.GaussianBlur(page, (0, 0), 0.4 * scale).astype(np.uint8)
    picture = cv2.warpPerspective(
        page, half @ pose.matrix @ onto_page, (640, 480), flags=cv2.INTER_LINEAR, borderValue=235
    )
    return picture.astype(np.uint8), pose


STRAIGHT = [(170.0, 90.0), (470.0, 90.0), (470.0, 390.0), (170.0, 390.0)]
TILTED = [(120.0, 60.0), (330.0, 120.0), (330.0, 340.0), (120.0, 420.0)]


def with_glare(grey: Grey, centre: tuple[float, float], radius_px: float) -> Grey:
    """Return the picture with a round reflection around `centre` (pixels)."""
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]]
    far = ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / radius_px**2
    found: Grey = np.clip(grey + 1000.0 * np.exp(-1.6 * far), 0, 255).astype(np.uint8)
    return found
