"""The live picture for the visitor, in which no code can be read.

The screen can be photographed from behind the visitor, and a code is as good as the pass that it shows. So every part
of the picture that has the texture of a code is replaced by its mean level with an outline. The visitor still sees
where the phone is; nobody reads the code, not even from many pictures. A mosaic would not be enough: its cells stay
where they are while the hand trembles, so thirty pictures show thirty different sets of means.

*Texture* (compare `kiosk.scanner.cascade.code_regions`). In a window, the grey value of a symbol goes up and down every
one or two modules along both axes. The mean difference of neighbouring pixels, added over both directions, is therefore
about half of the window's contrast if a module has one to three pixels, at any contrast, sharpness and polarity. An
edge or a corner has 0.13 to 0.25 of the contrast, a rendered room or person below 0.3. To find modules of any size, the
picture is reduced again and again by two; modules of 1 to 20 pixels pass through the range at one of the levels. A code
with smaller modules has only its noise-like rest, which passes at the first level or is too faint to be read.

The decision needs no located symbol, so it also covers a code that no reader has found yet.

Rule 1: this module is pure; a frame is the argument, a JPEG is the result.
Rule 2: all pixels of a textured part get one and the same level. No detail of it is shown at any scale.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.scanner.symbol.grey import Grey

PREVIEW_WIDTH_PX = 320
PREVIEW_QUALITY = 70

LEVELS = 4
"""Sizes in which texture is searched: the preview, and reduced by 2, 4 and 8. The largest version 1 that fits a preview
of 320 x 180 has modules of 8.6 pixels; in the last level they have one."""

WINDOW_PX = 9
"""Side of the window: three to nine modules."""

BUSY = 0.42
"""Share of the contrast from which a window counts as textured.

Within symbols of all versions, 99 of 100 windows have 0.42 or more at the level that fits the module size best. A lower
limit would cover people and rooms, a higher one would leave holes in symbols."""

FAINT_LEVELS = 4.0
"""Texture below this is not covered: a code of nine grey levels of contrast, of which JPEG leaves nothing to read."""

NOISE_FACTOR = 1.8
"""Texture below so many times the expected texture of the camera's noise is not covered."""

CELL_PX = 4
"""The parts consist of cells of this size, so their rims show no modules."""

OUTLINE_LEVELS = 48


def preview(grey: Grey) -> bytes:
    """Return the live picture: `PREVIEW_WIDTH_PX` wide, grey, without the texture of codes, as JPEG."""
    height_px = max(1, round(grey.shape[0] * PREVIEW_WIDTH_PX / grey.shape[1]))
    small = np.asarray(cv2.resize(grey, (PREVIEW_WIDTH_PX, height_px), interpolation=cv2.INTER_AREA), np.uint8)
    noise = _noise(grey) * PREVIEW_WIDTH_PX / grey.shape[1]
    _, jpeg = cv2.imencode(".jpg", cover(small, noise), [cv2.IMWRITE_JPEG_QUALITY, PREVIEW_QUALITY])
    return bytes(jpeg)


def cover(small: Grey, noise: float = 0.0) -> Grey:
    """Return the picture with each textured part replaced by its mean level and an outline.

    `noise` is the standard deviation of the camera's noise in `small`, in grey levels.
    """
    textured = _textured_cells(small, noise)
    if not textured.any():
        return small
    means = cv2.resize(small, textured.shape[::-1], interpolation=cv2.INTER_AREA)
    count, labels = cv2.connectedComponents(textured)
    cells = np.bincount(labels.ravel(), minlength=count)
    totals = np.bincount(labels.ravel(), weights=means.ravel(), minlength=count)
    levels = (totals / np.maximum(cells, 1)).astype(np.uint8)
    covered = _as_pixels(textured, small)
    picture = small.copy()
    cv2.copyTo(_as_pixels(levels[labels], small), covered, picture)
    rim = cv2.morphologyEx(covered, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) & covered
    outline = np.where(picture < 128, cv2.add(picture, OUTLINE_LEVELS), cv2.subtract(picture, OUTLINE_LEVELS))
    cv2.copyTo(outline.astype(np.uint8), rim, picture)
    return picture


def _textured_cells(small: Grey, noise: float) -> Grey:
    """Return 1 for each cell of the picture that has the texture of a code at one of the levels, 0 for the others."""
    size = (-(-small.shape[1] // CELL_PX), -(-small.shape[0] // CELL_PX))
    window = np.ones((WINDOW_PX, WINDOW_PX), np.uint8)
    textured = np.zeros(size[::-1], np.uint8)
    for _ in range(LEVELS):
        if min(small.shape) < WINDOW_PX:
            break
        here = small[:-1, :-1]
        steps = cv2.add(cv2.absdiff(small[:-1, 1:], here), cv2.absdiff(small[1:, :-1], here), dtype=cv2.CV_32F)
        steps = cv2.copyMakeBorder(steps, 0, 1, 0, 1, cv2.BORDER_REPLICATE)
        mean = cv2.boxFilter(steps, -1, (WINDOW_PX, WINDOW_PX), borderType=cv2.BORDER_REFLECT)
        contrast = cv2.subtract(cv2.dilate(small, window), cv2.erode(small, window))
        # Two differences of two noisy pixels each: 2 * sqrt(2) * sqrt(2 / pi) = 2.26 standard deviations.
        least = max(FAINT_LEVELS, NOISE_FACTOR * 2.26 * noise)
        busy = ((mean > BUSY * contrast) & (mean > least)).astype(np.uint8) * 255
        # At the rim of a symbol half of the window is outside of it, so the whole window belongs to the part.
        textured |= cv2.resize(cv2.dilate(busy, window), size, interpolation=cv2.INTER_AREA) > 0
        half = (small.shape[1] // 2, small.shape[0] // 2)
        small, noise = np.asarray(cv2.resize(small, half, interpolation=cv2.INTER_AREA), np.uint8), noise / 2
    return textured


def _as_pixels(cells: NDArray[np.uint8], small: Grey) -> Grey:
    """Return the picture of the size of `small` that consists of these cells."""
    size = (cells.shape[1] * CELL_PX, cells.shape[0] * CELL_PX)
    pixels = cv2.resize(cells, size, interpolation=cv2.INTER_NEAREST)
    return np.asarray(pixels[: small.shape[0], : small.shape[1]], np.uint8)


def _noise(grey: Grey) -> float:
    """Return the standard deviation of the camera's noise, from the second differences along every 16th row.

    The smaller differences count, so that the texture of a code that fills the frame is not taken for noise.
    """
    rows = grey[::16].astype(np.int16)
    bends = np.abs(2 * rows[:, 1:-1] - rows[:, :-2] - rows[:, 2:])
    # The 30th percentile of |x| is 0.385 standard deviations; a second difference has sqrt(6) of a pixel's.
    return float(np.percentile(bends[:, ::3], 30)) / (0.385 * 6**0.5)
