"""Removal of dark bands: a screen that is dimmed by pulses and seen by a rolling shutter is dark in some rows."""

import cv2
import numpy as np

from kiosk.scanner.symbol.grey import Grey

REACH_MODULES = 14  # in as many modules of a row, both light and dark modules are to be expected
REACH_PX = 121  # used where the size of the modules is not known yet

_NOISE_LEVEL = 10.0  # grey values; rows of less contrast contain only noise and are not stretched


def normalise_rows(grey: Grey, reach_px: float) -> Grey:
    """Return the picture with each row stretched to the same light and dark levels.

    The levels at a pixel are the extremes over about `reach_px` pixels of that row alone.
    """
    width = max(int(reach_px), 3) | 1
    along = np.ones((1, width), np.uint8)
    smooth = cv2.blur(grey, (3, 1))
    light = cv2.blur(cv2.dilate(smooth, along), (width, 1))
    dark = cv2.blur(cv2.erode(smooth, along), (width, 1))
    middle = cv2.addWeighted(light, 0.5, dark, 0.5, 0, dtype=cv2.CV_32F)
    contrast = cv2.max(cv2.addWeighted(light, 0.5, dark, -0.5, 0, dtype=cv2.CV_32F), _NOISE_LEVEL)
    deviation = cv2.divide(cv2.subtract(grey, middle, dtype=cv2.CV_32F), contrast, scale=100)
    return np.asarray(cv2.add(deviation, 128, dtype=cv2.CV_8U), np.uint8)
