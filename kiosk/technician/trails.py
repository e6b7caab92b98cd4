"""The last visits as they happened: their situations with times, how they ended, and how long each situation lasts.

Rule: nothing that identifies a visitor is in a trail; trails are kept in memory only.
"""

import statistics
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kiosk.flow.state import Outcome, State, Visit
from kiosk.model import Refer

MAX_VISITS = 30
MAX_STEPS = 40
"""Situations of one visit that are kept; a usual visit has five to ten."""

MAX_TIMES = 500
"""Times of each situation that are kept for the median: those of a busy day."""


@dataclass(slots=True)
class VisitTrail:
    """One visit as it happened: its situations with their times, and how it ended.

    situations: pairs of the seconds since the visit began and the name of the situation. ended_s: the seconds at which
    it ended; None while it runs.
    """

    number: int
    began_at: datetime
    began_s: float
    situations: list[tuple[float, str]] = field(default_factory=list)
    ended_s: float | None = None
    outcome: str = ""
    reason: str = ""
    rule: str = ""
    scheme: str = ""
    notices: tuple[str, ...] = ()

    def note(self, visit: Visit) -> None:
        """Note what is known of the visit now."""
        self.scheme, self.notices = visit.scheme, visit.heard
        verdict = visit.verdict
        if verdict:
            self.rule = verdict.rule
            self.reason = verdict.reason.value if isinstance(verdict, Refer) else ""
        if visit.outcome is not Outcome.OPEN:
            self.outcome = visit.outcome.value

    def shown(self) -> dict[str, Any]:
        """Return the trail as the page shows it."""
        return {
            "number": self.number,
            "began": self.began_at.isoformat(timespec="seconds"),
            "situations": [[round(at_s, 1), name] for at_s, name in self.situations],
            "ended_s": None if self.ended_s is None else round(self.ended_s, 1),
            "outcome": self.outcome,
            "reason": self.reason,
            "rule": self.rule,
            "scheme": self.scheme,
            "notices": list(self.notices),
        }


class Trails:
    """The trails of the last visits. `observe` is called on the loop's thread, the other methods on any."""

    def __init__(self) -> None:
        self._trails: deque[VisitTrail] = deque(maxlen=MAX_VISITS)
        self._times_s: dict[str, deque[float]] = {}

    def observe(self, state: State, now_s: float, now: datetime) -> None:
        """Note the situation of the visit that runs, and the end of the one before it."""
        trails = {trail.number: trail for trail in self._trails}
        if state.ended and (trail := trails.get(state.ended.number)):
            trail.note(state.ended)
            if trail.ended_s is None:
                trail.ended_s = now_s - trail.began_s
                ends_s = [at_s for at_s, _ in trail.situations[1:]] + [trail.ended_s]
                for (at_s, situation), end_s in zip(trail.situations, ends_s, strict=True):
                    self._times_s.setdefault(situation, deque(maxlen=MAX_TIMES)).append(end_s - at_s)
        visit = state.visit
        if visit is None:
            return
        trail = trails.get(visit.number)
        if trail is None:
            trail = VisitTrail(visit.number, now, now_s)
            self._trails.append(trail)
        name = state.situation.name.lower()
        if (not trail.situations or trail.situations[-1][1] != name) and len(trail.situations) < MAX_STEPS:
            trail.situations.append((now_s - trail.began_s, name))
        trail.note(visit)

    def shown(self) -> list[dict[str, Any]]:
        """Return the trails as the page shows them, the newest first."""
        return [trail.shown() for trail in reversed(tuple(self._trails))]

    def times(self) -> list[dict[str, Any]]:
        """Return how long each situation lasted in the visits that ended: number, median and longest, in seconds."""
        return [
            {
                "situation": name,
                "visits": len(times_s),
                "median_s": round(statistics.median(times_s), 1),
                "longest_s": round(max(times_s), 1),
            }
            for name, times_s in ((name, tuple(times_s)) for name, times_s in tuple(self._times_s.items()))
        ]
