"""The present stay, and a broken promise, which the referee and its judges share."""

from dataclasses import dataclass, field, replace

SLACK_S = 0.35
"""Reaction of the loop, the inputs' poll and a debounce of 30 ms."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise that was broken: when, which, and what was seen."""

    at_s: float
    promise: str
    seen: str

    def __str__(self) -> str:
        return f"{self.at_s:7.2f} s  BROKEN: {self.promise}: {self.seen}"


@dataclass(slots=True)
class Stay:
    """The steps and inputs since the people in the chamber may last have changed.

    noes: how often somebody answered no. venue_codes: the venue's codes that the screen showed. app_codes: the health
    app's codes that the camera saw; they are good when the status service says so.
    declined: the names of those who pressed skip.
    before: the stay before this one.
    """

    since_s: float
    healthy_reads: int = 0
    noes: int = 0
    good_codes: set[str] = field(default_factory=set)
    venue_codes: set[str] = field(default_factory=set)
    app_codes: set[str] = field(default_factory=set)
    pump_s: float = 0.0
    declined: set[str] = field(default_factory=set)
    told_since_s: float | None = None
    before: "Stay | None" = None

    def reset(self, at_s: float) -> None:
        """Begin again."""
        before = replace(self, before=None)
        self.__init__(at_s, before=before)  # type: ignore[misc] # the same object is watched by others
