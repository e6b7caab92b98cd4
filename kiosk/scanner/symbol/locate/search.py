"""The ways of searching a picture for symbols."""

from collections.abc import Sequence
from typing import Protocol

from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate import finders, template_match, triples
from kiosk.scanner.symbol.locate.finder_completion import companions
from kiosk.scanner.symbol.sample.pose import Pose


class Search(Protocol):
    """Looks for symbols in a picture, while the budget allows it."""

    def __call__(self, grey: Grey, budget: Budget = UNLIMITED, /) -> Sequence[Pose]:
        """The likeliest places, the best first."""
        ...


_COMPANIONS_MS = 8.0
_MOST_ALONE, _MOST = 3, 2  # outlines that are looked around, places that are worth reading


def outlines(grey: Grey, budget: Budget = UNLIMITED) -> list[Pose]:
    """By the outlines of finder patterns: at any tilt, sharp or nearly so."""
    return triples.places(grey, finders.find(grey, budget), sharp=1, budget=budget)


def outlines_of_two(grey: Grey, budget: Budget = UNLIMITED) -> list[Pose]:
    """The same where one of the three is cut off, cracked or dazzled."""
    return triples.places_of_two(grey, finders.find(grey, budget), budget=budget)


def outlines_of_one(grey: Grey, budget: Budget = UNLIMITED) -> list[Pose]:
    """By one outline, and what looks like finder patterns in the direction of its sides."""
    seen: list[Pose] = []
    for finder in finders.find(grey, budget)[:_MOST_ALONE]:
        if not budget.allows(_COMPANIONS_MS):
            break
        group = [finder, *companions(grey, finder)]
        seen += triples.places(grey, group, sharp=0, budget=budget) or triples.places_of_two(grey, group, budget=budget)
    return sorted(seen, key=lambda place: -triples.fit(grey, place))[:_MOST]


def alike(modules_px: tuple[float, ...]) -> Search:
    """By likeness to a finder pattern with modules of about these sizes: blurred, cracked, or a pixel a module."""

    def search(grey: Grey, budget: Budget = UNLIMITED) -> list[Pose]:
        return triples.places(grey, template_match.find_alike(grey, modules_px, budget), budget=budget)

    return search


ALIKE_LARGE = alike(template_match.COARSE_PX[3:])
ALIKE_MIDDLE = alike(template_match.COARSE_PX[:4])
ALIKE_SMALL = alike(template_match.FINE_PX)
