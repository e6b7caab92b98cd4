"""The values of the visit that runs, for the technician: measured skin, sensor's own temperature, estimate and limit.

Rule: they stand in memory while their visit lasts, and are never stored.
"""

from collections.abc import Callable

from kiosk.flow.events import Event, TemperatureRead


class Readout:
    """Stands between the thermometer's worker and the inbox, and keeps the newest reading. Safe from any thread.

    post: offers an event to the inbox; returns True if it was accepted.
    """

    def __init__(self, post: Callable[[Event], bool]) -> None:
        self._post = post
        self._newest: TemperatureRead | None = None

    def post(self, event: Event) -> bool:
        """Offer the event to the inbox, and keep it if it is a reading that was accepted."""
        accepted = self._post(event)
        if accepted and isinstance(event, TemperatureRead):
            self._newest = event
        return accepted

    def of(self, visit: int) -> TemperatureRead | None:
        """Return the newest reading of `visit`, or None."""
        newest = self._newest
        return newest if newest and newest.visit == visit else None

    def keep_only(self, visit: int | None) -> None:
        """Forget the reading of any visit but this one; None: no visit runs."""
        newest = self._newest
        if newest and newest.visit != visit:
            self._newest = None
