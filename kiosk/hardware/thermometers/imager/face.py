"""Finding a face in a thermal picture: the warm blob of the right size and shape, and its hottest region.

Theory: at 30 to 80 cm a face covers a tenth to a third of the picture of a 55 degree lens. It is warmer than the room,
compact, and neither hotter than skin can be nor a stripe, a dot or the whole picture. A wall in the sun fills the
picture or its edges; a lamp is small or hotter than skin, and what it heats around it lies next to pixels that are
hotter than skin. A cap, glasses and hair are colder than skin and only make the blob smaller: glass is opaque to this
radiation. The hottest region of a face is an inner corner of the eye, where an artery lies close below the skin; it
varies less from person to person than the forehead does (docs/temperature.md). A face is uneven: one to three
degrees lie between its eyes, its cheeks and its nose. A cup, a warm plate or a lit sign is as warm in the middle as
near its edge, apart from noise.

Rule 1: a face is compared with the picture around it; where skin and room are alike, there is no face.
Rule 2: a picture without a face gives the reading of the room (its median), so that the flow can compare.
Rule 3: the hottest region is a mean of `REGION` x `REGION` pixels, because one pixel has noise of some tenths.
Rule 4: of several faces of about the same size, the hottest counts, so that a second one cannot hide a fever.
Rule 5: warm things that are no faces are left out, if they are smaller than the face and do not touch it.
Rule 6: noise must not make a thing appear and disappear as a face, because the empty spot would then look empty: what
        was a face in the picture before stays one by wider limits (hysteresis).
"""

from dataclasses import dataclass

import numpy as np

from kiosk.hardware.thermometers.imager.calibration import Floats

REGION = 3
"""Pixels of the hottest region along an edge: 3 cm at half a metre."""

SKIN_SPAN_C = 4.0
"""The coldest part that counts as the same face lies so much below the hottest; a nose and ears may be colder."""


THINGS = 3
"""So many warm things beside the face, such as a cup in the hand, are left out, if they are smaller than the face."""

AS_LARGE = 0.5
"""A face with this part of the pixels of the largest one may be the visitor's, too."""


@dataclass(frozen=True, slots=True)
class FaceLimits:
    """The size and the shape of a face with or without its neck.

    least_pixels, most_share: of the picture; beyond it, the picture's median would be the face itself. least_side: the
    shorter side in pixels. most_aspect: longer side / shorter side. least_fill, most_fill: the part of its bounding box
    that it fills. contrast: the part of the contrast to the room that is demanded. level: where between room and
    hottest region the edge of the face lies. least_uneven_c: degrees between the coldest and the hottest tenth of its
    inside.
    """

    least_pixels: int
    most_share: float
    least_side: int
    most_aspect: float
    least_fill: float
    most_fill: float
    contrast: float
    level: float
    least_uneven_c: float


NEW_FACE = FaceLimits(24, 0.45, 4, 2.6, 0.45, 0.92, contrast=1.0, level=0.5, least_uneven_c=0.35)
"""An ellipse fills 0.79 of its box, one without eyes (glasses) or half of a forehead (cap) 0.5. A window, a screen or a
sunlit stripe of a wall is a rectangle and fills more. Noise alone makes an even thing 0.05 to 0.3 degrees uneven;
simulated faces are 0.9 and more, and with half of their differences 0.4 and more."""

SAME_FACE = FaceLimits(12, 0.5, 3, 3.2, 0.35, 0.97, contrast=0.6, level=0.35, least_uneven_c=0.3)
"""The limits for what was a face in the picture before, and lies where it lay."""


@dataclass(frozen=True, slots=True)
class FaceReading:
    """One picture in degrees Celsius: the hottest region of the face, or None; and the room around it.

    face: the pixels of the face, or None.
    """

    face_c: float | None
    room_c: float
    face: np.ndarray | None = None


def read_face(
    object_c: Floats, skin_min_c: float, skin_max_c: float, contrast_c: float, before: FaceReading | None = None
) -> FaceReading:
    """Return the reading of a picture.

    skin_min_c, skin_max_c: what skin can have. contrast_c: by which a face differs from the room at least. before: the
    reading of the picture before, or None.
    """
    found = _read(object_c, skin_min_c, skin_max_c, contrast_c, NEW_FACE)
    if found.face is not None or before is None or before.face is None:
        return found
    again = _read(object_c, skin_min_c, skin_max_c, contrast_c, SAME_FACE)
    return again if again.face is not None and (again.face & before.face).any() else found


def _read(object_c: Floats, skin_min_c: float, skin_max_c: float, contrast_c: float, limits: FaceLimits) -> FaceReading:
    whole = np.where(np.isfinite(object_c), object_c, -np.inf)
    room_c, smooth = float(np.median(whole)), _means(whole)
    things = whole > skin_max_c
    warm_pixels = 0
    for _ in range(THINGS + 1):
        plausible = (smooth >= skin_min_c) & (smooth <= skin_max_c) & ~_grown(things)
        hottest_c = float(smooth[plausible].max(initial=-np.inf))
        if not hottest_c - room_c >= contrast_c * limits.contrast:
            break
        threshold_c = max(skin_min_c, hottest_c - SKIN_SPAN_C, room_c + (hottest_c - room_c) * limits.level)
        found = blobs((whole >= threshold_c) & (whole <= skin_max_c) & ~things)
        faces = [
            blob
            for blob in found
            if _is_face(blob, limits)
            and np.count_nonzero(blob) > warm_pixels
            and not (blob & _grown(things)).any()
            and _unevenness_c(smooth, blob) >= limits.least_uneven_c
        ]
        if faces:
            large = max(np.count_nonzero(face) for face in faces) * AS_LARGE
            face = max((face for face in faces if np.count_nonzero(face) >= large), key=lambda face: smooth[face].max())
            return FaceReading(float(smooth[face].max()), room_c, face)
        warmest = max(found, key=lambda blob: whole[blob].max())
        things, warm_pixels = things | warmest, warm_pixels + int(np.count_nonzero(warmest))
    return FaceReading(None, room_c)


def blobs(mask: np.ndarray) -> list[np.ndarray]:
    """Return the connected parts of a mask, each as a mask; pixels are connected at their edges."""
    left, found = mask.copy(), []
    for start in zip(*np.nonzero(mask), strict=True):
        if not left[start]:
            continue
        blob, waiting = np.zeros_like(mask), [start]
        left[start] = False
        while waiting:
            row, column = waiting.pop()
            blob[row, column] = True
            for near in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
                if 0 <= near[0] < mask.shape[0] and 0 <= near[1] < mask.shape[1] and left[near]:
                    left[near] = False
                    waiting.append(near)
        found.append(blob)
    return found


def _is_face(blob: np.ndarray, limits: FaceLimits) -> bool:
    rows, columns = np.nonzero(blob)
    height, width = int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
    shorter, longer = sorted((height, width))
    fill = len(rows) / (height * width)
    return (
        limits.least_pixels <= len(rows) <= limits.most_share * blob.size
        and limits.least_fill <= fill <= limits.most_fill
        and shorter >= limits.least_side
        and longer <= limits.most_aspect * shorter
    )


def _unevenness_c(smooth: Floats, blob: np.ndarray) -> float:
    """Return the degrees between the coldest and the hottest tenth of the regions that lie inside the blob."""
    regions = smooth[~_grown(~blob) & np.isfinite(smooth)]
    return float(np.subtract(*np.quantile(regions, (0.9, 0.1)))) if regions.size else 0.0


def _means(picture: Floats) -> Floats:
    """Return the mean of the region around each pixel; -inf where the region leaves the picture."""
    means = np.full(picture.shape, -np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(picture, (REGION, REGION))
    edge = REGION // 2
    means[edge:-edge, edge:-edge] = windows.mean(axis=(2, 3))
    return means


def _grown(mask: np.ndarray) -> np.ndarray:
    """Return the mask with all neighbours of its pixels."""
    padded = np.pad(mask, 1)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).any(axis=(2, 3)))
