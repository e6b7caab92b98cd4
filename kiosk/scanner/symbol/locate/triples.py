"""Three finder patterns make a symbol, two may do: which stands at which corner, and of what version the symbol is."""

import math
from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, takewhile

import cv2
import numpy as np

from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.code import standard
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate.finders import Finder, Points, sharpen
from kiosk.scanner.symbol.sample.pose import PULL_MS, Pose, flatten, level, pull

_PERSPECTIVE = 6.0  # by how much the areas of a symbol's finders may differ
_ALIKE = 1.35  # by how much the sides of a symbol may seem to differ in modules
_RIGHT = 0.3  # sine of the angle between its sides, from which on it may be a right one seen from aside
_MOST_TRIPLES = 6
_MUST_BE_SHARP = 2  # of the three; a scratch may spoil one
_MOST_PULLED = 4  # each costs as much as a look of another decoder
_MOST_PAIRS = 24
_HOPE, _LIKELY, _LIKELY_OF_TWO = 0.1, 0.25, 0.4  # agreement before and after the place was corrected
_PROMISING, _SURE = 0.45, 0.6  # the same where no other symbol can be meant; by chance 0.35 at most
_SHARPEN_MS = 4.0  # for three finders and the versions that they may belong to
_UNLIKELY = 0.05  # oddity of every step down in the list of finders

_SQUARE = np.array([[1, 1], [6, 1], [6, 6], [1, 6]], float)  # the corners of a finder's inner modules
_CORNERS = (np.array([0.0, 0.0]), np.array([1.0, 0.0]), np.array([0.0, 1.0]))  # upper left, upper right, lower left


@dataclass(frozen=True, slots=True)
class _Triple:
    """Corners of the upper left, upper right and lower left finder; how oddly they stand to each other."""

    quads: tuple[Points, Points, Points]
    oddity: float


def places(
    grey: Grey,
    finders: Sequence[Finder],
    sharp: int = _MUST_BE_SHARP,
    most: int = 2,
    budget: Budget = UNLIMITED,
) -> list[Pose]:
    """The likeliest symbols with finders at their corners, the best first; `sharp` of three must look like finders.

    The first one that agrees so well that no other can be meant is the only one.
    """
    rough: list[Pose] = []
    for triple in takewhile(lambda _: budget.allows(_SHARPEN_MS + PULL_MS), _triples(finders)):
        fitting = _best(grey, list(_symbols(grey, triple.quads, sharp)), _HOPE)
        if fitting and fit(grey, fitting[0]) > _PROMISING:
            fitting[0] = pull(grey, fitting[0])
            if fit(grey, fitting[0]) > _SURE:
                return fitting[:1]
        rough += fitting
    return _pulled(grey, rough, most, budget)


def places_of_two(grey: Grey, finders: Sequence[Finder], most: int = 2, budget: Budget = UNLIMITED) -> list[Pose]:
    """The same where the third finder is cut off, cracked or dazzled: less certain, so it must fit better."""
    pairs = takewhile(lambda _: budget.allows(_SHARPEN_MS), islice(_pairs(grey, finders), _MOST_PAIRS))
    rough = [place for quads, corners in pairs for place in _fitted(quads, corners)]
    return [place for place in _pulled(grey, rough, most, budget) if fit(grey, place) > _LIKELY_OF_TWO]


def _pulled(grey: Grey, rough: Sequence[Pose], most: int, budget: Budget) -> list[Pose]:
    hopeful = takewhile(lambda _: budget.allows(PULL_MS), _best(grey, rough, _HOPE)[:_MOST_PULLED])
    return _best(grey, [pull(grey, place) for place in hopeful], _LIKELY)[:most]


def fit(grey: Grey, place: Pose) -> float:
    """Correlation of the modules that the version fixes with what is seen: 1 wholly, 0 by chance."""
    layout = standard.layout_of(place.version)
    seen = level(flatten(grey, place, 1, 1), 1)[1:-1, 1:-1][layout.known]
    wanted = np.where(layout.colour[layout.known], 1.0, -1.0)
    spread = float(seen.std() * wanted.std())
    return float(((seen - seen.mean()) * (wanted - wanted.mean())).mean()) / spread if spread > 1e-6 else 0.0


def _best(grey: Grey, candidates: Sequence[Pose], least: float) -> list[Pose]:
    scored = [(fit(grey, place), k) for k, place in enumerate(candidates)]
    return [candidates[k] for likeness, k in sorted(scored, reverse=True) if likeness > least]


def _triples(finders: Sequence[Finder]) -> list[_Triple]:
    """Three finders of about one size that stand at about right angles, the least odd first."""
    found: list[_Triple] = []
    for at_least, roles in _rough_triples(finders):
        if len(found) == _MOST_TRIPLES and at_least >= found[-1].oddity:
            break
        corner, right, lower = (finders[number] for number in roles)
        a, b = right.centre - corner.centre, lower.centre - corner.centre
        quads = (_quad(corner, a, b), _quad(right, a, b), _quad(lower, a, b))
        wide, high = _sizes(quads)
        if 1 / _ALIKE < wide / high < _ALIKE and wide + high > 20:
            insort(found, _Triple(quads, at_least + abs(math.log(wide / high))), key=lambda triple: triple.oddity)
            del found[_MOST_TRIPLES:]
    return found


def _rough_triples(finders: Sequence[Finder]) -> Iterator[tuple[float, list[int]]]:
    """The numbers of the upper left, upper right and lower left finder, with the least oddity they can have, rising."""
    trios = np.array(list(combinations(range(len(finders)), 3)), int).reshape(-1, 3)
    roles = np.concatenate([np.roll(trios, turn, 1) for turn in range(3)])
    centres = np.array([finder.centre for finder in finders]).reshape(-1, 2)
    areas = np.array([finder.area_px for finder in finders])[roles]
    a, b = centres[roles[:, 1]] - centres[roles[:, 0]], centres[roles[:, 2]] - centres[roles[:, 0]]
    turn = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    roles[turn < 0] = roles[turn < 0][:, [0, 2, 1]]
    sine = np.abs(turn) / np.maximum(np.hypot(*a.T) * np.hypot(*b.T), 1e-9)
    uneven = areas.max(1) / areas.min(1)
    oddity = np.log(uneven) / 2 + 1 - sine + _UNLIKELY * roles.sum(1)
    likely = np.flatnonzero((uneven <= _PERSPECTIVE) & (sine > _RIGHT))
    for number in likely[np.argsort(oddity[likely])]:
        yield float(oddity[number]), roles[number].tolist()


def _pairs(grey: Grey, finders: Sequence[Finder]) -> Iterator[tuple[list[Points], list[Points]]]:
    """Every two finders as each two of a symbol's three corners that the directions of their sides allow."""
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
            if max(one.area_px, other.area_px) < _PERSPECTIVE * min(one.area_px, other.area_px):
                quads = [sharpen(grey, _quad(finder, across, down))[0] for finder in (one, other)]
                yield quads, list(corners)


def _sizes(quads: Sequence[Points]) -> tuple[float, float]:
    """Modules from the first finder's centre to the second's and to the third's."""
    across, down = _steps(quads[0], quads[1])[0], _steps(quads[0], quads[2])[1]
    return max(abs(across), 1e-3), max(abs(down), 1e-3)


def _steps(one: Points, other: Points) -> tuple[float, float]:
    """From one finder's centre to another's in modules, along the symbol's sides (Cramer's rule)."""
    both = one + other
    module_x, module_y = (both[1] - both[0] + both[2] - both[3]) / 20, (both[3] - both[0] + both[2] - both[1]) / 20
    far = other.mean(0) - one.mean(0)
    area = module_x[0] * module_y[1] - module_x[1] * module_y[0]
    if abs(area) < 1e-9:
        return 0.0, 0.0
    across = (far[0] * module_y[1] - far[1] * module_y[0]) / area
    return float(across), float((module_x[0] * far[1] - module_x[1] * far[0]) / area)


def _symbols(grey: Grey, corners: Sequence[Points], sharp: int) -> Iterator[Pose]:
    quads, blurred = [], 0
    for corner in corners:
        quad, good = sharpen(grey, corner)
        quads.append(quad)
        blurred += not good
        if len(corners) - blurred < sharp:
            return
    yield from _fitted(quads, _CORNERS)


def _fitted(quads: Sequence[Points], corners: Sequence[Points]) -> Iterator[Pose]:
    """Symbols with finders at these of their corners, of the versions that the distances between them allow."""
    estimate = (_modules_between(quads, corners) + 7 - 17) / 4
    reach = 0.6 + 0.12 * estimate
    for version in range(max(1, round(estimate - reach)), min(40, round(estimate + reach)) + 1):
        far = standard.size_of(version) - 7
        matrix, _ = cv2.findHomography(np.concatenate([_SQUARE + c * far for c in corners]), np.concatenate(quads))
        if matrix is not None:
            yield Pose(version, matrix)


def _modules_between(quads: Sequence[Points], corners: Sequence[Points]) -> float:
    """Modules from one finder's centre to another's along the symbol's side, on average."""
    found = []
    for (one, here), (other, there) in combinations(zip(quads, corners, strict=True), 2):
        found.append(float(np.abs(_steps(one, other))[there != here].mean()))
    return float(np.mean(found))


def _quad(finder: Finder, across: Points, down: Points) -> Points:
    """A finder's corners clockwise from the one that is upper left in the symbol with these sides."""
    if finder.corners is None:
        reach = np.sqrt(finder.area_px) / 2
        x, y = across / np.hypot(*across) * reach, down / np.hypot(*down) * reach
        return np.array([finder.centre + step for step in (-x - y, x - y, x + y, y - x)])
    x, y = (finder.corners - finder.corners.mean(0)).T
    area = max(across[0] * down[1] - across[1] * down[0], 1e-9)  # down is to the right of across
    offsets = np.column_stack([x * down[1] - y * down[0], across[0] * y - across[1] * x]) / area
    order = np.argsort(np.arctan2(offsets[:, 1], offsets[:, 0]))
    first = int(np.argmin((offsets[order] / np.abs(offsets).max(0)).sum(1)))
    return np.roll(finder.corners[order], -first, 0)
