"""Damage to the codes of photographs: stains, scratches, a finder pattern that is covered, and patches.

No public set of damaged codes may be copied into this project. So codes that the first stage reads are damaged until it
does not read them; what it read before is the truth. The damage is plausible, not measured.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.scanner.pictures import Picture, photographs
from kiosk.scanner.cascade.decode import Decoder
from kiosk.scanner.cascade.stages import STAGES
from kiosk.scanner.symbol.grey import Grey

_MAX_TRIES = 6
_MAX_DAMAGES = 3
_DARK, _LIGHT = 20.0, 240.0


def corpus(folder: Path, damage: int | None) -> Iterator[Picture]:
    """Yield the photographs in `folder`; with a number `damage`, those whose codes it damaged.

    Raises `KioskError` as `photographs` does.
    """
    return photographs(folder) if damage is None else _damaged(photographs(folder), damage)


def _damaged(pictures: Iterator[Picture], seed: int) -> Iterator[Picture]:
    """Yield the pictures with one code that the first stage reads, with damage that hides the code from it."""
    first_stage = Decoder(0.0, stages=STAGES[:1], slowness=1.0)
    for number, picture in enumerate(pictures):
        rng = np.random.default_rng((seed, number))
        codes = first_stage.decode(picture.grey).codes
        for _ in range(_MAX_TRIES if len(codes) == 1 else 0):
            grey = _with_damage(picture.grey, np.array(codes[0].corners), rng)
            if not first_stage.decode(grey).codes:
                yield Picture("damaged", picture.level, grey, frozenset([codes[0].data]))
                break


def _with_damage(grey: Grey, corners: NDArray[np.float64], rng: np.random.Generator) -> Grey:
    """Return the picture with one to three damages on the symbol with these corners."""
    found = grey.copy()
    first, across, down = corners[0], corners[1] - corners[0], corners[3] - corners[0]
    side = float(np.hypot(*across))

    def point(x: float, y: float) -> tuple[int, int]:
        """Return the pixel at `x` and `y` in sides of the symbol."""
        at = first + across * x + down * y
        return int(at[0]), int(at[1])

    for _ in range(rng.integers(1, _MAX_DAMAGES + 1)):
        x, y = rng.uniform(0, 1, 2)
        colour = float(rng.choice([_DARK, _LIGHT]))
        kind = rng.choice(["stain", "scratch", "finder pattern", "patch"])
        if kind == "stain":
            cv2.circle(found, point(x, y), max(2, int(side * rng.uniform(0.04, 0.14))), colour, -1, cv2.LINE_AA)
        elif kind == "scratch":
            line = np.array([point(*rng.normal((x, y), 0.3)) for _ in range(4)], np.int32)
            cv2.polylines(found, [line], False, colour, max(1, int(side * rng.uniform(0.008, 0.03))), cv2.LINE_AA)
        elif kind == "finder pattern":
            corner = ((0.08, 0.08), (0.92, 0.08), (0.08, 0.92))[rng.integers(3)]
            cv2.circle(found, point(*corner), max(2, int(side * rng.uniform(0.05, 0.1))), colour, -1, cv2.LINE_AA)
        else:
            end = point(x + rng.uniform(0.1, 0.3), y + rng.uniform(0.05, 0.2))
            cv2.rectangle(found, point(x, y), end, float(rng.uniform(60, 200)), -1)
    return found
