"""The pose of a symbol in a picture, and its refinement on the patterns that every symbol has.

A flat symbol is seen by a pinhole camera through a *homography*: a 3x3 matrix that maps module coordinates (x, y, 1) to
pixel coordinates. Bent paper is described by a polynomial of degree 3 in x and y that moves points of the paper by some
modules before the homography is applied (`Pose.bend`; `lattice` finds it).

A search or another decoder knows a pose only roughly. `refine` rectifies the symbol with that pose, searches each
finder and alignment pattern around its nominal position by normalised cross-correlation with a drawn pattern, and fits
a new homography to the positions found (RANSAC, so that a pattern found in the wrong place does no harm). The result is
exact to about a tenth of a module.

Coordinates: x to the right, y down. In pixels, the upper left corner of a picture's first pixel is (0, 0), so its
centre is (0.5, 0.5). In modules, the upper left corner of the symbol is (0, 0).
"""

from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.scanner.symbol.code import standard
from kiosk.scanner.symbol.grey import Grey

Values = NDArray[np.float32]
"""A picture of real numbers, shape (height, width)."""

Points = NDArray[np.float64]
"""Rows of (x, y), shape (n, 2); a single point has the shape (2,)."""

Matrix = NDArray[np.float64]

MARGIN = 4  # modules around the symbol in a rectified picture of it: the quiet zone
_NOISE_LEVEL = 3.0  # grey values; a smaller difference does not count as contrast
_DEGREE = 3  # of the polynomial that describes bent paper
_EXPONENTS = np.array([(i, j) for i in range(_DEGREE + 1) for j in range(_DEGREE + 1 - i)])
_SEARCH_MODULES = 2.0  # a pattern is searched within this distance of its nominal position
REFINE_MS = 3.0  # most that `refine` takes
_MIN_CORRELATION = 0.6  # at which a pattern counts as found; data seldom reaches it by chance
_RANSAC_MODULES = 0.7  # farther from the fitted homography a pattern is an outlier


@dataclass(frozen=True, slots=True)
class Pose:
    """A symbol's version and where the symbol lies in a picture.

    matrix: the homography from module coordinates to pixels, shape (3, 3).
    bend: for bent paper, shape (monomials, 2): weights of the `monomials` of a point in modules. Their sum is the
    displacement (dx, dy) in modules that is added to the point before the homography. None for flat paper.
    """

    version: int
    matrix: Matrix
    bend: Matrix | None = None

    @property
    def size(self) -> int:
        """The number of modules on a side."""
        return standard.size_of(self.version)

    def corners(self) -> Points:
        """Return the symbol's four corners in pixels, clockwise from its upper left corner."""
        n = self.size
        return project(self.matrix, np.array([[0, 0], [n, 0], [n, n], [0, n]], float))

    def module_px(self) -> float:
        """Return the side of a module in pixels, averaged over the symbol."""
        return float(np.sqrt(abs(cv2.contourArea(self.corners().astype(np.float32))))) / self.size

    def moved(self, left: float, top: float, step: float = 1.0) -> "Pose":
        """Return the same pose in the coordinates of another picture.

        A point (x, y) of the first picture lies at (x * step + left, y * step + top) in the other picture.
        """
        return replace(self, matrix=np.array([[step, 0, left], [0, step, top], [0, 0, 1.0]]) @ self.matrix)


def crop(grey: Grey, pose: Pose, margin: int) -> tuple[Grey, Pose]:
    """Return the part of a picture with the symbol and about `margin` modules around it, and the pose in that part.

    The part is at most one pixel wide or high if the symbol lies outside of the picture.
    """
    corners, margin_px = pose.corners(), margin * pose.module_px()
    left, top = np.maximum(corners.min(0) - margin_px, 0).astype(int).tolist()
    right, bottom = np.maximum(corners.max(0) + margin_px, 1).astype(int).tolist()
    return grey[top:bottom, left:right], pose.moved(-left, -top)


def from_corners(corners: Points, version: int) -> Pose:
    """Return the pose of a flat symbol whose corners in pixels are given, clockwise from its upper left corner."""
    n = standard.size_of(version)
    square = np.array([[0, 0], [n, 0], [n, n], [0, n]], np.float32)
    return Pose(version, cv2.getPerspectiveTransform(square, corners.astype(np.float32)).astype(float))


def project(matrix: Matrix, points: Points) -> Points:
    """Map points through a homography."""
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    depth = np.where(np.abs(mapped[:, 2:]) < 1e-9, 1e-9, mapped[:, 2:])
    projected: Points = np.clip(mapped[:, :2] / depth, -1e6, 1e6)
    return projected


def rectify(grey: Grey, pose: Pose, samples: int, margin: int = MARGIN) -> Values:
    """Return the symbol as seen straight on, with the bend of its paper taken out.

    Each module becomes `samples` x `samples` pixels, and `margin` modules around the symbol are included: the shape is
    (side, side) with side = (size + 2 * margin) * samples. Values are grey levels, 0 to 255.
    """
    if pose.bend is not None:
        return _rectify_bent(grey, pose, pose.bend, samples, margin)
    side = (pose.size + 2 * margin) * samples
    step = 1.0 / samples
    first = step / 2 - margin
    to_modules = np.array([[step, 0, first], [0, step, first], [0, 0, 1]])
    half_pixel = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    flat = cv2.warpPerspective(
        grey,
        half_pixel @ pose.matrix @ to_modules,
        (side, side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    rectified: Values = flat.astype(np.float32)
    return rectified


def _rectify_bent(grey: Grey, pose: Pose, bend: Matrix, samples: int, margin: int) -> Values:
    """Do the same for bent paper. Pixels are computed for the centres of the modules and interpolated between them."""
    modules = np.arange(-margin - 0.5, pose.size + margin + 1)
    along = _powers(modules, pose.size)
    weights = np.zeros((2, _DEGREE + 1, _DEGREE + 1))
    weights[:, _EXPONENTS[:, 0], _EXPONENTS[:, 1]] = bend.T
    flat_paper = np.meshgrid(modules, modules)
    paper = np.dstack(list(flat_paper + along @ weights.transpose(0, 2, 1) @ along.T))
    centres = np.clip(cv2.perspectiveTransform(paper.astype(np.float32), pose.matrix) - np.float32(0.5), -1e4, 1e4)
    pixels = cv2.resize(centres, None, fx=samples, fy=samples, interpolation=cv2.INTER_LINEAR)
    inner = np.ascontiguousarray(pixels[samples:-samples, samples:-samples])
    flat = cv2.remap(grey, inner, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    rectified: Values = flat.astype(np.float32)
    return rectified


def monomials(modules: Points, size: int) -> Matrix:
    """Return x^i y^j with i + j <= 3 for each point, shape (points, monomials).

    x and y are scaled to -1 .. 1 over the symbol, and clipped to 1.1, so that the polynomial stays tame outside of it.
    """
    x, y = (_powers(each, size) for each in modules.T)
    return x[:, _EXPONENTS[:, 0]] * y[:, _EXPONENTS[:, 1]]


def _powers(modules: NDArray[np.float64], size: int) -> Matrix:
    """Return the powers 0 to 3 of each coordinate, scaled and clipped, shape (modules, 4)."""
    scaled = np.clip(modules / size * 2 - 1, -1.1, 1.1)
    return np.stack([np.ones_like(scaled), scaled, scaled**2, scaled**2 * scaled], axis=1)


def normalise(rectified: Values, samples: int, reach: int = 7) -> Values:
    """Return how dark each pixel is in comparison with its neighbourhood: 1 is dark, -1 is light.

    The neighbourhood is a square with sides of `reach` modules. Its lightest and its darkest value are the light level
    and the dark level; both levels are smoothed over a square of the same size. Results are limited to -1.5 and 1.5.
    Where the levels hardly differ, the result is close to 0.
    """
    size = rectified.shape[0] // samples
    coarse = cv2.resize(rectified, (size, size), interpolation=cv2.INTER_AREA)
    window = np.ones((reach, reach), np.uint8)
    light = cv2.blur(cv2.dilate(coarse, window), (reach, reach))
    dark = cv2.blur(cv2.erode(coarse, window), (reach, reach))
    middle = cv2.resize((light + dark) / 2, rectified.shape, interpolation=cv2.INTER_LINEAR)
    contrast = cv2.resize((light - dark) / 2, rectified.shape, interpolation=cv2.INTER_LINEAR)
    darkness: Values = np.clip((middle - rectified) / np.maximum(contrast, _NOISE_LEVEL), -1.5, 1.5)
    return darkness


def correlation(grey: Grey, pose: Pose) -> float:
    """Return the correlation of the version's fixed modules with the picture.

    It is 1 for full agreement, 0 by chance, and negative for a symbol that is light on dark.
    """
    layout = standard.layout_of(pose.version)
    seen = normalise(rectify(grey, pose, 1, 1), 1)[1:-1, 1:-1][layout.fixed]
    wanted = np.where(layout.dark[layout.fixed], 1.0, -1.0)
    spread = float(seen.std() * wanted.std())
    return float(((seen - seen.mean()) * (wanted - wanted.mean())).mean()) / spread if spread > 1e-6 else 0.0


def refine(grey: Grey, pose: Pose, rounds: int = 2) -> Pose:
    """Return the pose corrected by the positions at which finder and alignment patterns are seen.

    A pose of which fewer than three patterns are seen is returned unchanged.
    """
    for _ in range(rounds):
        expected, seen = locate_patterns(normalise(rectify(grey, pose, 3), 3), pose.version, 3)
        if len(seen) < 3:
            return pose
        if len(seen) == 3:
            affine = cv2.getAffineTransform(expected.astype(np.float32), seen.astype(np.float32))
            correction = np.vstack([affine, [0, 0, 1]])
        else:
            correction, inliers = cv2.findHomography(expected, seen, cv2.RANSAC, _RANSAC_MODULES)
            if correction is None or inliers is None or int(inliers.sum()) < max(4, len(seen) // 2):
                continue
        pose = replace(pose, matrix=pose.matrix @ correction)
    return pose


def locate_patterns(rectified: Values, version: int, samples: int) -> tuple[Points, Points]:
    """Return the centres of the finder and alignment patterns that were found, nominal and seen, in modules.

    `rectified` is normalised and has the usual `MARGIN`.
    """
    layout = standard.layout_of(version)
    finders = [(3.5, 3.5), (layout.size - 3.5, 3.5), (3.5, layout.size - 3.5)]
    kinds = [
        (finders, ring_pattern(9, (0, 1, 3), samples)),
        (list(layout.alignments), ring_pattern(5, (0, 2), samples)),
    ]
    expected, seen = [], []
    for centres, pattern in kinds:
        for centre in centres:
            shift, correlation = _match(rectified, centre, pattern, samples)
            if correlation >= _MIN_CORRELATION:
                expected.append(centre)
                seen.append((centre[0] + shift[0], centre[1] + shift[1]))
    return np.array(expected, float).reshape(-1, 2), np.array(seen, float).reshape(-1, 2)


def _match(
    rectified: Values, centre: tuple[float, float], pattern: Values, samples: int
) -> tuple[tuple[float, float], float]:
    """Return the pattern's displacement from `centre` in modules, and the normalised cross-correlation there."""
    side, reach = pattern.shape[0], round(_SEARCH_MODULES * samples)
    x, y = (round((c + MARGIN) * samples - side / 2) for c in centre)
    top, left = max(y - reach, 0), max(x - reach, 0)
    window = rectified[top : y + side + reach, left : x + side + reach]
    if min(window.shape) <= side or cv2.meanStdDev(window)[1].item() < 1e-3:
        return (0.0, 0.0), 0.0
    correlation = cv2.matchTemplate(window, pattern, cv2.TM_CCOEFF_NORMED)
    _, best, _, (px, py) = cv2.minMaxLoc(correlation)
    found_x = (left + px + _vertex(correlation[py, :], px) + side / 2) / samples - MARGIN
    found_y = (top + py + _vertex(correlation[:, px], py) + side / 2) / samples - MARGIN
    return (found_x - centre[0], found_y - centre[1]), float(best)


def _vertex(line: Values, at: int) -> float:
    """Return the sub-pixel offset of a peak: the vertex of the parabola through it and its neighbours."""
    if not 0 < at < len(line) - 1:
        return 0.0
    before, peak, after = (float(v) for v in line[at - 1 : at + 2])
    curvature = before - 2 * peak + after
    return 0.5 * (before - after) / curvature if curvature < -1e-9 else 0.0


@cache
def ring_pattern(modules: int, dark: tuple[int, ...], samples: int) -> Values:
    """Return a picture of square rings around a centre: 1 for dark, -1 for light, softened by a third of a module.

    The picture has `modules` on a side and `samples` pixels to a module. `dark` lists the dark rings, counted in
    modules from the centre. The same arguments give the same array: do not write to it.
    """
    across = abs((np.arange(modules * samples) + 0.5) / samples - modules / 2)
    ring = np.maximum(across[:, None], across[None, :]).round()
    soft: Values = cv2.GaussianBlur(np.where(np.isin(ring, dark), 1, -1).astype(np.float32), (0, 0), samples / 3)
    return soft
