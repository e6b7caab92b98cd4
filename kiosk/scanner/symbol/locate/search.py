"""The searches for symbols in a picture.

| search | finds |
|---|---|
| `by_contours` | three finder patterns by their contours: any tilt, sharp or nearly so |
| `by_two_contours` | two finder patterns by their contours, where the third is cut off, damaged or in glare |
| `by_one_contour` | one finder pattern by its contour, the others by correlation around it |
| `by_template` | finder patterns by template matching: blurred, damaged, or one pixel a module |

All of them expect dark symbols on light ground; invert the picture for others.
"""

from collections.abc import Sequence
from typing import Protocol

from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate import finders, template_match, triples
from kiosk.scanner.symbol.locate.finder_completion import find_others
from kiosk.scanner.symbol.sample.pose import Pose, correlation


class Search(Protocol):
    """A search for symbols that stops when the budget is spent."""

    def __call__(self, grey: Grey, budget: Budget = UNLIMITED, /) -> Sequence[Pose]:
        """Return the likeliest poses, the best first."""
        ...


_COMPLETION_MS = 8.0
_MAX_COMPLETED, _MAX_POSES = 3, 2


def by_contours(grey: Grey, budget: Budget = UNLIMITED) -> list[Pose]:
    """Search three finder patterns by their contours."""
    return triples.poses_from_three(grey, finders.find(grey, budget), min_sharp=1, budget=budget)


def by_two_contours(grey: Grey, budget: Budget = UNLIMITED) -> list[Pose]:
    """Search two finder patterns by their contours."""
    return triples.poses_from_two(grey, finders.find(grey, budget), budget=budget)


def by_one_contour(grey: Grey, budget: Budget = UNLIMITED) -> list[Pose]:
    """Search one finder pattern by its contour, and the others by correlation around it."""
    found: list[Pose] = []
    for finder in finders.find(grey, budget)[:_MAX_COMPLETED]:
        if not budget.allows(_COMPLETION_MS):
            break
        group = [finder, *find_others(grey, finder)]
        three = triples.poses_from_three(grey, group, min_sharp=0, budget=budget)
        found += three or triples.poses_from_two(grey, group, budget=budget)
    return sorted(found, key=lambda pose: -correlation(grey, pose))[:_MAX_POSES]


def by_template(modules_px: tuple[float, ...]) -> Search:
    """Return a search for finder patterns by template matching, with modules of about these sides in pixels."""

    def search(grey: Grey, budget: Budget = UNLIMITED) -> list[Pose]:
        return triples.poses_from_three(grey, template_match.find(grey, modules_px, budget), budget=budget)

    return search


TEMPLATE_LARGE = by_template(template_match.COARSE_MODULE_PX[3:])
TEMPLATE_MIDDLE = by_template(template_match.COARSE_MODULE_PX[:4])
TEMPLATE_SMALL = by_template(template_match.FINE_MODULE_PX)
