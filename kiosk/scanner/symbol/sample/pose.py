"""Where a symbol lies in a picture, to a tenth of a module: guesses are pulled onto the patterns that must be there.

`Place.matrix` takes module coordinates (x, y, 1) to pixels; the upper left corner of a picture's first pixel is (0, 0).
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.scanner.symbol.code import standard
from kiosk.scanner.symbol.grey import Grey

Values = NDArray[np.float32]
Transform = NDArray[np.float64]

MARGIN = 4  # modules around the symbol in a flat picture of it: the quiet zone
_NOISE_LEVEL = 3.0  # grey values; what differs by less is not called light and dark
_DEGREE = 3  # of the shape of bent paper
_POWERS = np.array([(i, j) for i in range(_DEGREE + 1) for j in range(_DEGREE + 1 - i)])
_SEARCH = 2.0  # modules in which a pattern is looked for
PULL_MS = 3.0  # most that `pull` takes
_LOOKS_LIKE = 0.6  # correlation from which on a pattern counts as found; data seldom reaches it by chance


@dataclass(frozen=True, slots=True)
class Pose:
    """A version and the perspective under which a symbol of it lies in a picture.

    `bend`, for bent paper: rows of (dx, dy) in modules, the weights of `powers` of a module's place, that are added
    before the perspective.
    """

    version: int
    matrix: Transform
    bend: Transform | None = None

    @property
    def size(self) -> int:
        """Modules on a side."""
        return standard.size_of(self.version)

    def corners(self) -> Transform:
        """The symbol's corners in pixels, clockwise from its upper left one."""
        n = self.size
        return project(self.matrix, np.array([[0, 0], [n, 0], [n, n], [0, n]], float))

    def module_px(self) -> float:
        """The side of a module in pixels, on average over the symbol."""
        return float(np.sqrt(abs(cv2.contourArea(self.corners().astype(np.float32))))) / self.size

    def moved(self, left: float, top: float, step: float = 1.0) -> "Pose":
        """The same place in a picture of which a pixel (x, y) of this one is (x * step + left, y * step + top)."""
        return replace(self, matrix=np.array([[step, 0, left], [0, step, top], [0, 0, 1.0]]) @ self.matrix)


def cut(grey: Grey, place: Pose, margin: int) -> tuple[Grey, Pose]:
    """The part of a picture that shows the symbol and about `margin` modules around it, and the place in that."""
    corners, around = place.corners(), margin * place.module_px()
    left, top = np.maximum(corners.min(0) - around, 0).astype(int).tolist()
    right, bottom = np.maximum(corners.max(0) + around, 1).astype(int).tolist()
    return grey[top:bottom, left:right], place.moved(-left, -top)


def from_corners(corners: NDArray[np.float64], version: int) -> Pose:
    """The place of a symbol of `version` whose corners (clockwise from its upper left one) lie at these pixels."""
    n = standard.size_of(version)
    square = np.array([[0, 0], [n, 0], [n, n], [0, n]], np.float32)
    return Pose(version, cv2.getPerspectiveTransform(square, corners.astype(np.float32)).astype(float))


def project(matrix: Transform, points: NDArray[np.float64]) -> Transform:
    """Rows of (x, y) through a perspective."""
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    depth = np.where(np.abs(mapped[:, 2:]) < 1e-9, 1e-9, mapped[:, 2:])
    found: Transform = np.clip(mapped[:, :2] / depth, -1e6, 1e6)
    return found


def flatten(grey: Grey, place: Pose, samples: int, margin: int = MARGIN) -> Values:
    """The symbol seen straight on, with `samples` pixels to a module and `margin` modules around it."""
    side = (place.size + 2 * margin) * samples
    step = 1.0 / samples
    first = step / 2 - margin
    to_modules = np.array([[step, 0, first], [0, step, first], [0, 0, 1]])
    if place.bend is not None:
        return _flatten_bent(grey, place, place.bend, to_modules, side)
    half_pixel = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    flat = cv2.warpPerspective(
        grey,
        half_pixel @ place.matrix @ to_modules,
        (side, side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    found: Values = flat.astype(np.float32)
    return found


def _flatten_bent(grey: Grey, place: Pose, bend: Transform, to_modules: Transform, side: int) -> Values:
    modules = np.arange(side) * to_modules[0, 0] + to_modules[0, 2]
    flat_paper = np.stack(np.meshgrid(modules.astype(np.float32), modules.astype(np.float32)))
    along = _scaled(modules, place.size)[:, None] ** np.arange(_DEGREE + 1)
    weights = np.zeros((2, _DEGREE + 1, _DEGREE + 1))
    weights[:, _POWERS[:, 0], _POWERS[:, 1]] = bend.T
    across, down = flat_paper + (along @ weights.transpose(0, 2, 1) @ along.T).astype(np.float32)
    columns, rows, depth = (a * across + b * down + c for a, b, c in place.matrix.astype(np.float32))
    depth = np.where(np.abs(depth) < 1e-9, np.float32(1e-9), depth)
    pixels = np.clip(np.dstack([columns / depth, rows / depth]) - np.float32(0.5), -1e4, 1e4)
    flat = cv2.remap(grey, pixels, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    found: Values = flat.astype(np.float32)
    return found


def powers(modules: NDArray[np.float64], size: int) -> Transform:
    """x^i y^j up to the third degree, x and y from -1 to 1 over the symbol, for each row of (x, y)."""
    x, y = _scaled(modules, size).T
    return np.column_stack([x**i * y**j for i, j in _POWERS])


def _scaled(modules: NDArray[np.float64], size: int) -> Transform:
    scaled: Transform = np.clip(modules / size * 2 - 1, -1.1, 1.1)
    return scaled


def level(flat: Values, samples: int, reach: int = 7) -> Values:
    """Brightness between the light and the dark of the neighbourhood: 1 is dark, -1 light, 0 where there is neither."""
    size = flat.shape[0] // samples
    coarse = cv2.resize(flat, (size, size), interpolation=cv2.INTER_AREA)
    window = np.ones((reach, reach), np.uint8)
    light = cv2.blur(cv2.dilate(coarse, window), (reach, reach))
    dark = cv2.blur(cv2.erode(coarse, window), (reach, reach))
    middle = cv2.resize((light + dark) / 2, flat.shape, interpolation=cv2.INTER_LINEAR)
    contrast = cv2.resize((light - dark) / 2, flat.shape, interpolation=cv2.INTER_LINEAR)
    found: Values = np.clip((middle - flat) / np.maximum(contrast, _NOISE_LEVEL), -1.5, 1.5)
    return found


def pull(grey: Grey, place: Pose, rounds: int = 2) -> Pose:
    """The place corrected by where the finder and alignment patterns are really seen."""
    for _ in range(rounds):
        expected, seen = landmarks(level(flatten(grey, place, 3), 3), place.version, 3)
        if len(seen) < 3:
            return place
        place = _refit(place, expected, seen)
    return place


def landmarks(flat: Values, version: int, samples: int) -> tuple[Transform, Transform]:
    """Centres of the patterns, where they belong and where they are seen, both in modules."""
    layout = standard.layout_of(version)
    finders = [(3.5, 3.5), (layout.size - 3.5, 3.5), (3.5, layout.size - 3.5)]
    kinds = [(finders, _finder(samples)), (list(layout.alignments), _alignment(samples))]
    expected, seen = [], []
    for centres, pattern in kinds:
        for centre in centres:
            shift, likeness = _find(flat, centre, pattern, samples)
            if likeness >= _LOOKS_LIKE:
                expected.append(centre)
                seen.append((centre[0] + shift[0], centre[1] + shift[1]))
    return np.array(expected, float).reshape(-1, 2), np.array(seen, float).reshape(-1, 2)


def _find(
    flat: Values, centre: tuple[float, float], pattern: Values, samples: int
) -> tuple[tuple[float, float], float]:
    """How far from `centre` (in modules) the pattern lies, and how much it looks like it (correlation)."""
    side, reach = pattern.shape[0], round(_SEARCH * samples)
    x, y = (round((c + MARGIN) * samples - side / 2) for c in centre)
    top, left = max(y - reach, 0), max(x - reach, 0)
    window = flat[top : y + side + reach, left : x + side + reach]
    if min(window.shape) <= side or float(window.std()) < 1e-3:
        return (0.0, 0.0), 0.0
    likeness = cv2.matchTemplate(window, pattern, cv2.TM_CCOEFF_NORMED)
    _, best, _, (px, py) = cv2.minMaxLoc(likeness)
    found_x = (left + px + _vertex(likeness[py, :], px) + side / 2) / samples - MARGIN
    found_y = (top + py + _vertex(likeness[:, px], py) + side / 2) / samples - MARGIN
    return (found_x - centre[0], found_y - centre[1]), float(best)


def _vertex(line: Values, at: int) -> float:
    """Sub-pixel place of a peak: the vertex of the parabola through its neighbours."""
    if not 0 < at < len(line) - 1:
        return 0.0
    before, peak, after = (float(v) for v in line[at - 1 : at + 2])
    bend = before - 2 * peak + after
    return 0.5 * (before - after) / bend if bend < -1e-9 else 0.0


def rings(modules: int, dark: tuple[int, ...], samples: int) -> Values:
    """A pattern of square rings about its centre, `modules` on a side and softened by a third of one; 1 is dark."""
    across = abs((np.arange(modules * samples) + 0.5) / samples - modules / 2)
    ring = np.maximum(across[:, None], across[None, :]).round()
    soft: Values = cv2.GaussianBlur(np.where(np.isin(ring, dark), 1, -1).astype(np.float32), (0, 0), samples / 3)
    return soft


def _finder(samples: int) -> Values:
    return rings(9, (0, 1, 3), samples)


def _alignment(samples: int) -> Values:
    return rings(5, (0, 2), samples)


def _refit(place: Pose, expected: Transform, seen: Transform) -> Pose:
    """A new perspective when there are points enough for one, else the old one moved by an affine correction."""
    if len(seen) > 3:
        fitted, inliers = cv2.findHomography(expected, seen, cv2.RANSAC, 0.7)
        if fitted is None or inliers is None or int(inliers.sum()) < max(4, len(seen) // 2):
            return place
        return replace(place, matrix=place.matrix @ fitted)
    affine = cv2.getAffineTransform(expected.astype(np.float32), seen.astype(np.float32))
    return replace(place, matrix=place.matrix @ np.vstack([affine, [0, 0, 1]]))
