"""Tracking of one symbol from picture to picture, so that its soft bits can be accumulated.

A hand that holds a code moves it by a few modules between two pictures. The symbol is rectified with its last pose,
with a margin of eight modules, and the modules that the version fixes are searched in it by cross-correlation. The pose
is shifted by that many whole modules along the symbol's own sides, and then refined as in a single picture. The bend of
the paper is kept from picture to picture, because finding it takes time.

Poses that a search located in the present picture are tried as well, unless the tracked pose is certain already.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np

from kiosk.scanner.symbol.code import standard
from kiosk.scanner.symbol.gather import Gatherer
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.read import Symbol
from kiosk.scanner.symbol.sample.lattice import fit_bend
from kiosk.scanner.symbol.sample.pose import MARGIN, Pose, Values, correlation, crop, normalise, rectify, refine

LOST_AFTER_S = 0.3
MIN_CORRELATION = 0.4  # of the fixed modules at the refined pose, for the symbol to count as seen
SURE = 0.55  # correlation at which no other pose is tried; a neighbouring version reaches 0.5
FLAT = 0.98  # correlation at which a bend cannot improve anything
MAX_BEND_TRIES = 3  # for one symbol
_MAX_LOSS = 0.01  # of correlation by a bend: most fixed modules lie at the edges, where the paper bends least
_SHIFT_MODULES = 8  # most that a symbol may move between two pictures


class Follower:
    """Tracks the symbol that was located last, whether it is dark on light or light on dark."""

    def __init__(self) -> None:
        self._gatherer = Gatherer()
        self._pose: Pose | None = None
        self._light_on_dark = False
        self._located_s = self._seen_s = -math.inf
        self._bend_tries = 0

    def saw(self, at_s: float) -> bool:
        """Return True if the symbol was seen in the picture taken at `at_s`."""
        return self._seen_s == at_s

    def remember(self, grey: Grey, poses: Sequence[Pose], at_s: float) -> None:
        """Note the first of `poses`, located in this picture, for the next call of `feed`.

        This is for pictures in which there is no time left for tracking. It has no effect while a symbol is tracked.
        """
        if poses and at_s - self._seen_s > LOST_AFTER_S:
            self._pose, self._light_on_dark, self._located_s = poses[0], correlation(grey, poses[0]) < 0, at_s

    def feed(self, grey: Grey, poses: Sequence[Pose], at_s: float) -> Symbol | None:
        """Track the symbol in the picture taken at `at_s` (monotonic seconds) and accumulate it.

        `poses` were located in this picture. Returns the symbol if it can be read by now.
        """
        best, best_score, light_on_dark = None, MIN_CORRELATION, False
        for picture, rough, is_inverted in self._candidates(grey, poses, at_s):
            pose = refine(picture, rough)
            score = correlation(picture, pose)
            if score >= best_score:
                best, best_score, light_on_dark = (picture, pose), score, is_inverted
            if score >= SURE:
                break
        if best is None:
            return None
        picture, pose = best
        if at_s - self._seen_s > LOST_AFTER_S:
            self._bend_tries = 0
        pose = self._with_bend(picture, pose, best_score)
        self._pose, self._light_on_dark, self._located_s, self._seen_s = pose, light_on_dark, at_s, at_s
        return self._gatherer.feed(picture, pose, at_s)

    def _candidates(self, grey: Grey, poses: Sequence[Pose], at_s: float) -> Iterator[tuple[Grey, Pose, bool]]:
        """Yield pictures in which the symbol is dark on light, a pose in them, and whether they were inverted."""
        if self._pose is not None and at_s - self._located_s <= LOST_AFTER_S:
            picture = _inverted(grey) if self._light_on_dark else grey
            yield picture, _shifted(picture, self._pose), self._light_on_dark
        for pose in poses[:2]:
            light_on_dark = correlation(grey, pose) < 0
            yield _inverted(grey) if light_on_dark else grey, pose, light_on_dark

    def _with_bend(self, picture: Grey, pose: Pose, score: float) -> Pose:
        """Return the pose with the bend of the paper, if none is known yet and one is found that fits as well."""
        if pose.bend is not None or score > FLAT or self._bend_tries >= MAX_BEND_TRIES:
            return pose
        self._bend_tries += 1
        part, flat = crop(picture, pose, MARGIN)
        bent = fit_bend(part, flat)
        if bent is None or correlation(part, bent) < score - _MAX_LOSS:
            return pose
        return replace(pose, bend=bent.bend)


def _inverted(grey: Grey) -> Grey:
    inverted: Grey = cv2.bitwise_not(grey)
    return inverted


def _shifted(grey: Grey, last: Pose) -> Pose:
    """Return the pose shifted by whole modules along its sides to where the fixed modules correlate best."""
    layout = standard.layout_of(last.version)
    colour = np.where(layout.dark, 1.0, -1.0)
    template: Values = np.where(layout.fixed, colour - colour[layout.fixed].mean(), 0).astype(np.float32)
    around = normalise(rectify(grey, last, 1, _SHIFT_MODULES), 1)
    _, _, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(around, template, cv2.TM_CCORR))
    step = np.array([[1, 0, x - _SHIFT_MODULES], [0, 1, y - _SHIFT_MODULES], [0, 0, 1.0]])
    return replace(last, matrix=last.matrix @ step)
