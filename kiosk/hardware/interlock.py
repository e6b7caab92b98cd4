"""When the chamber may be sprayed, judged on the raw levels of its sensors.

Rule 1: what is not known is not allowed: without a presence sensor nobody can say who stands in the chamber.
"""

from typing import Protocol

from kiosk.model import ChamberWhen, Door


class Chamber(Protocol):
    """The chamber's sensors as they are this very moment, before any debounce."""

    @property
    def has_presence(self) -> bool:
        """Whether there is a sensor for people at all."""
        ...

    @property
    def present(self) -> bool:
        """Whether somebody is seen."""
        ...

    @property
    def open_doors(self) -> frozenset[Door]:
        """The doors whose contacts are open."""
        ...

    @property
    def emergency(self) -> bool:
        """Whether the emergency input is active."""
        ...


class Interlock:
    """Call it to learn whether spraying is allowed now; what the sensors raise goes on to the caller."""

    def __init__(self, when: ChamberWhen, chamber: Chamber) -> None:
        self._occupied = when is ChamberWhen.OCCUPIED
        self._chamber = chamber

    def __call__(self) -> bool:
        """Doors shut, no emergency, and the chamber occupied or empty as the site's rule wants it."""
        chamber = self._chamber
        if chamber.emergency or chamber.open_doors or not chamber.has_presence:
            return False
        return chamber.present is self._occupied
