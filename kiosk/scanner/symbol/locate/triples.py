"""Poses of symbols from candidates for finder patterns: which pattern stands at which corner, and the version.

*Selection.* A symbol's three finder patterns have about the same size and form about a right angle of two equal sides.
Every triple of candidates, in each of its three assignments to the corners, is given an *oddity*, a sum of four terms:
half the logarithm of the ratio of the areas, one minus the sine of the angle, a term for the rank of the candidates,
and the logarithm of the ratio of the sides in modules. Only the least odd triples are examined. If one pattern is
hidden, two do: each pair is tried as each pair of corners that the directions of their sides allow.

*Version.* The distance between two finder patterns, measured in their own modules, estimates the version. Versions from
7 on state theirs beside two finder patterns (`version_word`). For the stated version, or for every version near the
estimate, a homography is fitted to the corners of the patterns.

*Decision.* `correlation` compares the modules that the version fixes, timing patterns included, with the picture. A
wrong version or a wrong assignment correlates weakly, so the best poses are kept, refined, and compared again.
"""

import math
from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, takewhile

import cv2
import numpy as np

from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.code import standard
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate.finders import Finder, refine_corners
from kiosk.scanner.symbol.locate.version_word import FINDER_SQUARE, stated_version
from kiosk.scanner.symbol.sample.pose import REFINE_MS, Points, Pose, correlation, refine

_MAX_AREA_RATIO = 6.0  # of a symbol's finder patterns, seen in perspective
_MAX_SIDE_RATIO = 1.35  # of a symbol's two sides, measured in modules
_MIN_SINE = 0.3  # of the angle between the sides; a right angle that is seen from aside
_MIN_SIDES_MODULES = 20  # sum of both sides between finder patterns; version 1 has 28
_MAX_TRIPLES = 6
_MIN_SHARP = 2  # of the three patterns that must correlate with a finder pattern; a scratch may spoil one
_MAX_REFINED = 4  # each refinement costs as much as another decoder takes for a close-up
_MAX_PAIRS = 24
_MIN_ROUGH, _MIN_REFINED, _MIN_REFINED_OF_TWO = 0.1, 0.25, 0.4  # correlation before and after the refinement
_CLEAR_ROUGH, _CLEAR_REFINED = 0.28, 0.55  # where no other symbol is possible; chance gives 0.35 at most
_CERTAIN_REFINED = 0.75  # where no other pose of the same patterns can be better by much
_CORNERS_MS = 4.0  # for refining three finder patterns and fitting the possible versions
_ODDITY_PER_RANK = 0.05  # for each place in the list of candidates

_CORNERS = (np.array([0.0, 0.0]), np.array([1.0, 0.0]), np.array([0.0, 1.0]))  # upper left, upper right, lower left


@dataclass(frozen=True, slots=True)
class _Triple:
    """Three finder patterns as upper left, upper right and lower left: the corners of each, and their oddity."""

    quads: tuple[Points, Points, Points]
    oddity: float


@dataclass(frozen=True, slots=True)
class _Scored:
    """A pose and its `correlation` with the picture."""

    score: float
    pose: Pose


CornerRefiner = Callable[[Points], tuple[Points, bool]]
"""A function like `refine_corners`, for one picture."""


def poses_from_three(
    grey: Grey,
    finders: Sequence[Finder],
    min_sharp: int = _MIN_SHARP,
    most: int = 2,
    budget: Budget = UNLIMITED,
) -> list[Pose]:
    """Return the likeliest poses of symbols with three of the finder patterns, at most `most`, the best first.

    At least `min_sharp` of the three must correlate with a drawn finder pattern. A pose that agrees so well that no
    other symbol is possible is returned alone.
    """
    rough: list[_Scored] = []
    refined_corners = _refining_once(grey)
    for triple in takewhile(lambda _: budget.allows(_CORNERS_MS + REFINE_MS), _triples(finders)):
        fitting = _scored(grey, _poses_of_triple(grey, refined_corners, triple.quads, min_sharp), _MIN_ROUGH)
        if fitting and fitting[0].score > _CLEAR_ROUGH:
            clear = _scored(grey, [refine(grey, fitting[0].pose)], _CLEAR_REFINED)
            if clear:
                return [clear[0].pose]
        rough += fitting
    return [each.pose for each in _refined(grey, rough, budget)[:most]]


def poses_from_two(grey: Grey, finders: Sequence[Finder], most: int = 2, budget: Budget = UNLIMITED) -> list[Pose]:
    """Return the likeliest poses of symbols with two of the finder patterns, for a third that is cut off or damaged.

    Two patterns are less certain than three, so these poses have to correlate better.
    """
    pairs = takewhile(lambda _: budget.allows(_CORNERS_MS), islice(_pairs(grey, finders), _MAX_PAIRS))
    rough = _scored(grey, (pose for quads, corners in pairs for pose in _fitted(grey, quads, corners)), _MIN_ROUGH)
    refined = _refined(grey, rough, budget)[:most]
    return [each.pose for each in refined if each.score > _MIN_REFINED_OF_TWO]


def _refined(grey: Grey, rough: Sequence[_Scored], budget: Budget) -> list[_Scored]:
    """Return the best of these poses, refined, with their new scores, the best first.

    A certain one ends the refinement.
    """
    found: list[_Scored] = []
    for each in sorted(rough, key=lambda each: -each.score)[:_MAX_REFINED]:
        if not budget.allows(REFINE_MS):
            break
        found += _scored(grey, [refine(grey, each.pose)], _MIN_REFINED)
        if found and found[-1].score > _CERTAIN_REFINED:
            break
    return sorted(found, key=lambda each: -each.score)


def _scored(grey: Grey, candidates: Iterable[Pose], least: float) -> list[_Scored]:
    """Return the candidates that correlate better than `least`, the best first."""
    scored = [_Scored(correlation(grey, pose), pose) for pose in candidates]
    return sorted((each for each in scored if each.score > least), key=lambda each: -each.score)


def _refining_once(grey: Grey) -> CornerRefiner:
    """Return `refine_corners` for this picture. A finder pattern that occurs in several triples is refined once."""
    known: dict[bytes, tuple[Points, bool]] = {}

    def refined(corners: Points) -> tuple[Points, bool]:
        first = int(np.lexsort(corners.T)[0])  # the order of the corners depends on the triple
        turned = np.roll(corners, -first, 0)
        name = turned.tobytes()
        if name not in known:
            known[name] = refine_corners(grey, turned)
        exact, is_like = known[name]
        return np.roll(exact, first, 0), is_like

    return refined


def _triples(finders: Sequence[Finder]) -> list[_Triple]:
    """Return the least odd triples, by all four criteria."""
    found: list[_Triple] = []
    for least_oddity, (corner_number, right_number, lower_number) in _rough_triples(finders):
        if len(found) == _MAX_TRIPLES and least_oddity >= found[-1].oddity:
            break
        corner, right, lower = finders[corner_number], finders[right_number], finders[lower_number]
        a, b = right.centre - corner.centre, lower.centre - corner.centre
        quads = (_quad(corner, a, b), _quad(right, a, b), _quad(lower, a, b))
        width = max(abs(_offset_modules(quads[0], quads[1])[0]), 1e-3)
        height = max(abs(_offset_modules(quads[0], quads[2])[1]), 1e-3)
        if 1 / _MAX_SIDE_RATIO < width / height < _MAX_SIDE_RATIO and width + height > _MIN_SIDES_MODULES:
            triple = _Triple(quads, least_oddity + abs(math.log(width / height)))
            insort(found, triple, key=lambda each: each.oddity)
            del found[_MAX_TRIPLES:]
    return found


def _rough_triples(finders: Sequence[Finder]) -> Iterator[tuple[float, list[int]]]:
    """Yield triples of finder patterns, the least odd first: the oddity, and the three indices in `finders`.

    The indices are in the order upper left, upper right, lower left. The oddity says how badly the three patterns fit
    one symbol. Here it is computed from their areas, their angle and their ranks in `finders`. The ratio of the sides
    takes longer to compute and is left out; it can only make the oddity larger.
    """
    trios = np.array(list(combinations(range(len(finders)), 3)), int).reshape(-1, 3)
    roles = np.concatenate([np.roll(trios, turn, 1) for turn in range(3)])
    centres = np.array([finder.centre for finder in finders]).reshape(-1, 2)
    areas = np.array([finder.area_px for finder in finders])[roles]
    a, b = centres[roles[:, 1]] - centres[roles[:, 0]], centres[roles[:, 2]] - centres[roles[:, 0]]
    cross = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    roles[cross < 0] = roles[cross < 0][:, [0, 2, 1]]
    sine = np.abs(cross) / np.maximum(np.hypot(*a.T) * np.hypot(*b.T), 1e-9)
    area_ratio = areas.max(1) / areas.min(1)
    oddity = np.log(area_ratio) / 2 + 1 - sine + _ODDITY_PER_RANK * roles.sum(1)
    likely = np.flatnonzero((area_ratio <= _MAX_AREA_RATIO) & (sine > _MIN_SINE))
    for number in likely[np.argsort(oddity[likely])]:
        yield float(oddity[number]), roles[number].tolist()


def _pairs(grey: Grey, finders: Sequence[Finder]) -> Iterator[tuple[list[Points], list[Points]]]:
    """Yield the refined corners of every two finder patterns, with the two corners of the symbol that they may be."""
    refined_corners = _refining_once(grey)
    for one, other in combinations([finder for finder in finders if finder.corners is not None], 2):
        step = other.centre - one.centre
        aside = np.array([-step[1], step[0]])
        for across, down, corners in (
            (step, aside, _CORNERS[:2]),
            (-step, -aside, _CORNERS[1::-1]),
            (-aside, step, _CORNERS[::2]),
            (aside, -step, _CORNERS[::-2]),
            (-aside - step, step - aside, _CORNERS[1:]),
            (aside + step, aside - step, _CORNERS[:0:-1]),
        ):
            if max(one.area_px, other.area_px) < _MAX_AREA_RATIO * min(one.area_px, other.area_px):
                quads = [refined_corners(_quad(finder, across, down))[0] for finder in (one, other)]
                yield quads, list(corners)


def _offset_modules(one: Points, other: Points) -> tuple[float, float]:
    """Return the offset between the centres of two finder patterns in modules along their sides (Cramer's rule)."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = (one + other).tolist()  # plain numbers: a tenth of NumPy's time
    across_x, across_y = (bx - ax + cx - dx) / 20, (by - ay + cy - dy) / 20
    down_x, down_y = (dx - ax + cx - bx) / 20, (dy - ay + cy - by) / 20
    offset_x, offset_y = ((other - one).sum(0) / 4).tolist()
    area = across_x * down_y - across_y * down_x
    if abs(area) < 1e-9:
        return 0.0, 0.0
    across = (offset_x * down_y - offset_y * down_x) / area
    return across, (across_x * offset_y - across_y * offset_x) / area


def _poses_of_triple(
    grey: Grey, refined_corners: CornerRefiner, quads: Sequence[Points], min_sharp: int
) -> Iterator[Pose]:
    """Yield the poses that three finder patterns allow; none if fewer than `min_sharp` of them look like one."""
    refined, unlike = [], 0
    for quad in quads:
        corners, is_like = refined_corners(quad)
        refined.append(corners)
        unlike += not is_like
        if len(quads) - unlike < min_sharp:
            return
    yield from _fitted(grey, refined, _CORNERS)


def _fitted(grey: Grey, quads: Sequence[Points], corners: Sequence[Points]) -> Iterator[Pose]:
    """Yield a pose for the version that the symbol states, or for each that the distances between the patterns allow.

    `quads[k]` are the corners of the pattern that stands at `corners[k]` of the symbol.
    """
    distances = []
    for (one, here), (other, there) in combinations(zip(quads, corners, strict=True), 2):
        distances.append(float(np.abs(_offset_modules(one, other))[there != here].mean()))
    estimate = (float(np.mean(distances)) + 7 - 17) / 4
    reach = 0.6 + 0.12 * estimate
    possible = range(max(1, round(estimate - reach)), min(40, round(estimate + reach)) + 1)
    stated = stated_version(grey, quads, corners, possible)
    for version in possible if stated is None else [stated]:
        far = standard.size_of(version) - 7
        there = np.concatenate([FINDER_SQUARE + corner * far for corner in corners])
        matrix, _ = cv2.findHomography(there, np.concatenate(quads))
        if matrix is not None:
            yield Pose(version, matrix)


def _quad(finder: Finder, across: Points, down: Points) -> Points:
    """Return the corners of a finder pattern clockwise, beginning with the upper left one in the symbol.

    `across` and `down` are the directions of the symbol's sides. A square is assumed if the corners are not known.
    """
    if finder.corners is None:
        reach = math.sqrt(finder.area_px) / 2
        x, y = across * (reach / math.hypot(*across)), down * (reach / math.hypot(*down))
        return np.array([finder.centre + step for step in (-x - y, x - y, x + y, y - x)])
    x, y = (finder.corners - finder.corners.sum(0) / 4).T
    area = max(across[0] * down[1] - across[1] * down[0], 1e-9)  # down is to the right of across
    offsets = np.column_stack([x * down[1] - y * down[0], across[0] * y - across[1] * x]) / area
    order = np.argsort(np.arctan2(offsets[:, 1], offsets[:, 0]))
    first = int(np.argmin((offsets[order] / np.abs(offsets).max(0)).sum(1)))
    return finder.corners[np.roll(order, -first)]
