"""Taking dark bands out of a picture: a screen dimmed by pulses, seen through a rolling shutter, is dark row by row."""

import cv2
import numpy as np

from kiosk.scanner.symbol.grey import Grey

REACH_MODULES = 14  # in as many modules of a row both light and dark ones are to be expected
REACH_PX = 121  # where the size of the modules is not known yet

_NOISE_LEVEL = 10.0  # grey values; rows of less contrast than this are left flat, for there is only noise in them


def level_rows(grey: Grey, reach_px: float) -> Grey:
    """Each row stretched to the same light and dark, judged by `reach_px` pixels of that row alone."""
    width = max(int(reach_px), 3) | 1
    along = np.ones((1, width), np.uint8)
    calm = cv2.blur(grey, (3, 1))
    light = cv2.blur(cv2.dilate(calm, along), (width, 1)).astype(np.float32)
    dark = cv2.blur(cv2.erode(calm, along), (width, 1)).astype(np.float32)
    contrast = np.maximum((light - dark) / 2, _NOISE_LEVEL)
    levelled: Grey = np.clip(128 + (grey - (light + dark) / 2) / contrast * 100, 0, 255).astype(np.uint8)
    return levelled
