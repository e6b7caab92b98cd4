"""Three finder patterns make a symbol, two may do: which stands at which corner, and of what version the symbol is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

import cv2
import numpy as np

from kiosk.scanner.symbol import standard
from kiosk.scanner.symbol.finders import Finder, Points, sharpen
from kiosk.scanner.symbol.place import Grey, Place, flatten, level, pull

_PERSPECTIVE = 6.0  # by how much the areas of a symbol's finders may differ
_ALIKE = 1.35  # by how much the sides of a symbol may seem to differ in modules
_MOST_TRIPLES = 8
_MUST_BE_SHARP = 2  # of the three; a scratch may spoil one
_MOST_PULLED = 4  # each costs as much as a look of another decoder
_MOST_PAIRS = 24
_HOPE, _LIKELY, _LIKELY_OF_TWO = 0.1, 0.25, 0.4  # agreement before and after the place was corrected
_UNLIKELY = 0.05  # oddity of every step down in the list of finders

_SQUARE = np.array([[1, 1], [6, 1], [6, 6], [1, 6]], float)  # the corners of a finder's inner modules
_CORNERS = (np.array([0.0, 0.0]), np.array([1.0, 0.0]), np.array([0.0, 1.0]))  # upper left, upper right, lower left


@dataclass(frozen=True, slots=True)
class _Triple:
    """Corners of the upper left, upper right and lower left finder; how oddly they stand to each other."""

    quads: tuple[Points, Points, Points]
    oddity: float


def places(grey: Grey, finders: Sequence[Finder], sharp: int = _MUST_BE_SHARP, most: int = 2) -> list[Place]:
    """The likeliest symbols with finders at their corners, the best first; `sharp` of three must look like finders."""
    triples = sorted(_triples(finders), key=lambda triple: triple.oddity)[:_MOST_TRIPLES]
    return _pulled(grey, [place for triple in triples for place in _symbols(grey, triple.quads, sharp)], most)


def places_of_two(grey: Grey, finders: Sequence[Finder], most: int = 2) -> list[Place]:
    """The same where the third finder is cut off, cracked or dazzled: less certain, so it must fit better."""
    rough = [
        place for quads, corners in islice(_pairs(grey, finders), _MOST_PAIRS) for place in _fitted(quads, corners)
    ]
    return [place for place in _pulled(grey, rough, most) if fit(grey, place) > _LIKELY_OF_TWO]


def _pulled(grey: Grey, rough: Sequence[Place], most: int) -> list[Place]:
    hopeful = _best(grey, rough, _HOPE)[:_MOST_PULLED]
    return _best(grey, [pull(grey, place) for place in hopeful], _LIKELY)[:most]


def fit(grey: Grey, place: Place) -> float:
    """Correlation of the modules that the version fixes with what is seen: 1 wholly, 0 by chance."""
    layout = standard.layout_of(place.version)
    seen = level(flatten(grey, place, 1, 1), 1)[1:-1, 1:-1][layout.known]
    wanted = np.where(layout.colour[layout.known], 1.0, -1.0)
    spread = float(seen.std() * wanted.std())
    return float(((seen - seen.mean()) * (wanted - wanted.mean())).mean()) / spread if spread > 1e-6 else 0.0


def _best(grey: Grey, candidates: Sequence[Place], least: float) -> list[Place]:
    scored = [(fit(grey, place), k) for k, place in enumerate(candidates)]
    return [candidates[k] for likeness, k in sorted(scored, reverse=True) if likeness > least]


def _triples(finders: Sequence[Finder]) -> Iterator[_Triple]:
    """Every three finders of about one size that stand at about right angles."""
    for numbers in combinations(range(len(finders)), 3):
        trio = [finders[number] for number in numbers]
        areas = sorted(finder.area_px for finder in trio)
        if areas[2] > _PERSPECTIVE * areas[0]:
            continue
        for k in range(3):
            corner, right, lower = trio[k], trio[k - 1], trio[k - 2]
            a, b = right.centre - corner.centre, lower.centre - corner.centre
            turn = float(a[0] * b[1] - a[1] * b[0])
            if turn < 0:
                right, lower, a, b, turn = lower, right, b, a, -turn
            sine = turn / max(float(np.hypot(*a) * np.hypot(*b)), 1e-9)
            quads = (_quad(corner, a, b), _quad(right, a, b), _quad(lower, a, b))
            wide, high = _sizes(quads)
            if sine > 0.3 and 1 / _ALIKE < wide / high < _ALIKE and wide + high > 20:
                uneven = abs(float(np.log(wide / high))) + float(np.log(areas[2] / areas[0])) / 2
                yield _Triple(quads, uneven + 1 - sine + _UNLIKELY * sum(numbers))


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
    found = []
    for axis, other in ((0, quads[1]), (1, quads[2])):
        both = quads[0] + other
        module_x, module_y = (both[1] - both[0] + both[2] - both[3]) / 20, (both[3] - both[0] + both[2] - both[1]) / 20
        steps, *_ = np.linalg.lstsq(np.column_stack([module_x, module_y]), other.mean(0) - quads[0].mean(0))
        found.append(max(abs(float(steps[axis])), 1e-3))
    return found[0], found[1]


def _symbols(grey: Grey, corners: Sequence[Points], sharp: int) -> Iterator[Place]:
    quads, blurred = [], 0
    for corner in corners:
        quad, good = sharpen(grey, corner)
        quads.append(quad)
        blurred += not good
        if len(corners) - blurred < sharp:
            return
    yield from _fitted(quads, _CORNERS)


def _fitted(quads: Sequence[Points], corners: Sequence[Points]) -> Iterator[Place]:
    """Symbols with finders at these of their corners, of the versions that the distances between them allow."""
    estimate = (_modules_between(quads, corners) + 7 - 17) / 4
    reach = 0.6 + 0.12 * estimate
    for version in range(max(1, round(estimate - reach)), min(40, round(estimate + reach)) + 1):
        far = standard.size_of(version) - 7
        matrix, _ = cv2.findHomography(np.concatenate([_SQUARE + c * far for c in corners]), np.concatenate(quads))
        if matrix is not None:
            yield Place(version, matrix)


def _modules_between(quads: Sequence[Points], corners: Sequence[Points]) -> float:
    """Modules from one finder's centre to another's along the symbol's side, on average."""
    found = []
    for (one, here), (other, there) in combinations(zip(quads, corners, strict=True), 2):
        both = one + other
        module_x, module_y = (both[1] - both[0] + both[2] - both[3]) / 20, (both[3] - both[0] + both[2] - both[1]) / 20
        steps, *_ = np.linalg.lstsq(np.column_stack([module_x, module_y]), other.mean(0) - one.mean(0))
        found.append(float(np.abs(steps)[there != here].mean()))
    return float(np.mean(found))


def _quad(finder: Finder, across: Points, down: Points) -> Points:
    """A finder's corners clockwise from the one that is upper left in the symbol with these sides."""
    if finder.corners is None:
        reach = np.sqrt(finder.area_px) / 2
        x, y = across / np.hypot(*across) * reach, down / np.hypot(*down) * reach
        return np.array([finder.centre + step for step in (-x - y, x - y, x + y, y - x)])
    frame = np.linalg.pinv(np.column_stack([across, down]))
    offsets = (finder.corners - finder.corners.mean(0)) @ frame.T
    order = np.argsort(np.arctan2(offsets[:, 1], offsets[:, 0]))
    first = int(np.argmin((offsets[order] / np.abs(offsets).max(0)).sum(1)))
    return np.roll(finder.corners[order], -first, 0)
