"""Drawn QR codes: a code with its quiet zone, and a sheet with rows of codes."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import cast

import numpy as np
import numpy.typing as npt
import segno

from kiosk.scanner.symbol.grey import Grey

CODE_MM = 58.0
"""Side of the symbol with its quiet zone, on a phone of 72 x 150 mm."""

QUIET_MODULES = 4
SHARP_PX_PER_MM = 8.0
"""Lowest resolution in which a code is drawn."""

SHEET_COLUMNS = 10
MAX_KEPT_CODES = 256


def draw_code(payload: bytes, dark: int, light: int) -> Grey:
    """Return the symbol with its quiet zone, with a whole number of pixels per module."""
    modules = _modules(payload)
    module_px = math.ceil(SHARP_PX_PER_MM * CODE_MM / len(modules))
    tones = np.where(modules, dark, light).astype(np.uint8)
    return tones.repeat(module_px, axis=0).repeat(module_px, axis=1)


@lru_cache(MAX_KEPT_CODES)
def _modules(payload: bytes) -> npt.NDArray[np.uint8]:
    """Return the modules of the symbol with its quiet zone; 1 is dark."""
    matrix = segno.make(payload, micro=False).matrix
    return np.pad(np.array([list(row) for row in matrix], np.uint8), QUIET_MODULES)


def draw_rows(payloads: Sequence[bytes], dark: int, light: int) -> Grey:
    """Return rows of `SHEET_COLUMNS` codes; the cells of all codes are of one size."""
    codes = [draw_code(payload, dark, light) for payload in payloads]
    side = max(len(code) for code in codes)
    cells = [np.pad(code, ((0, side - len(code)), (0, side - len(code))), constant_values=light) for code in codes]
    cells += [np.full((side, side), light, np.uint8)] * (-len(cells) % SHEET_COLUMNS)
    rows = [np.hstack(cells[at : at + SHEET_COLUMNS]) for at in range(0, len(cells), SHEET_COLUMNS)]
    return cast("Grey", np.vstack(rows))
