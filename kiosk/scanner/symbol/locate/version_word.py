"""The version word, read beside a finder pattern (ISO/IEC 18004:2015 clause 7.10).

From version 7 on, a symbol states its version twice: in three columns to the left of its upper right finder pattern,
and in three rows above its lower left one. Both are so near to the finder pattern that its own corners tell where their
modules are, before the version or the bend of the paper is known.

Two version words differ in at least eight of their eighteen bits, so a word that correlates well is the right one.
"""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from kiosk.scanner.symbol.code import standard
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.sample.pose import Points, project

FINDER_SQUARE = np.array([[1, 1], [6, 1], [6, 6], [1, 6]], float)
"""Corners of a finder pattern's 5x5 inner modules, in modules from the pattern's own upper left corner."""

_FIRST = 7  # version with a version word
_MIN_CORRELATION = 0.55  # of a version word with the picture; other words and other places reach 0.47

_BITS = np.arange(18)
_BESIDE_UPPER_RIGHT = np.column_stack([_BITS % 3 - 3.5, _BITS // 3 + 0.5])
_PLACES = {(1, 0): _BESIDE_UPPER_RIGHT, (0, 1): _BESIDE_UPPER_RIGHT[:, ::-1]}
"""Centres of the modules of bits 0 to 17, in modules from the upper left corner of the finder pattern beside them.

The keys are the corners of the symbol at which the finder patterns stand.
"""


def stated_version(grey: Grey, quads: Sequence[Points], corners: Iterable[Points], possible: range) -> int | None:
    """Return the one of the possible versions that is stated beside finder patterns; None if none is seen.

    `quads[k]` are the corners of the inner modules of the pattern that stands at `corners[k]` of the symbol.
    """
    versions = [version for version in possible if version >= _FIRST]
    places = [
        (quad, _PLACES.get((int(corner[0]), int(corner[1])))) for quad, corner in zip(quads, corners, strict=True)
    ]
    seen = [_darkness(grey, quad, place) for quad, place in places if place is not None]
    if not versions or not seen:
        return None
    words = _normalised(standard.version_words()[[version - _FIRST for version in versions]].astype(float))
    correlations = (np.array([_normalised(each) for each in seen]) @ words.T).mean(0)
    best = int(np.argmax(correlations))
    return versions[best] if correlations[best] > _MIN_CORRELATION else None


def _darkness(grey: Grey, quad: Points, place: Points) -> Points:
    """Return how dark the picture is at places that are given in modules from a finder pattern."""
    matrix = cv2.getPerspectiveTransform(FINDER_SQUARE.astype(np.float32), quad.astype(np.float32))
    pixels = (project(matrix, place) - 0.5).astype(np.float32)[None]
    seen = cv2.remap(grey, pixels, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(255.0 - seen[0], np.float64)


def _normalised(rows: Points) -> Points:
    """Return rows of mean 0 and length 1, so that products of two rows are correlations; constant rows become 0."""
    centred = rows - rows.mean(-1, keepdims=True)
    normalised: Points = centred / np.maximum(np.linalg.norm(centred, axis=-1, keepdims=True), 1e-9)
    return normalised
