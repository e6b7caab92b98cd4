"""The interlock of the sprayer: a decision by the raw levels of the chamber's sensors, independent of the flow.

The flow decides from debounced events, which are late by design, and it can be wrong. The interlock therefore uses
the levels of this moment, keeps no state, and does not know the flow. The sprayer asks it before and during a spray.

Rule: an unknown chamber is not sprayed: without a presence sensor spraying is never allowed.
"""

from typing import Protocol

from kiosk.model import ChamberWhen, Door


class Chamber(Protocol):
    """The chamber's sensors at this moment, before any debounce."""

    @property
    def has_presence(self) -> bool:
        """True if there is a presence sensor."""
        ...

    @property
    def present(self) -> bool:
        """True while the presence sensor detects somebody."""
        ...

    @property
    def open_doors(self) -> frozenset[Door]:
        """The doors whose contacts are open."""
        ...

    @property
    def emergency(self) -> bool:
        """True while the emergency input is active."""
        ...


class Interlock:
    """A callable that returns True if spraying is allowed now."""

    def __init__(self, when: ChamberWhen, chamber: Chamber) -> None:
        self._occupied = when is ChamberWhen.OCCUPIED
        self._chamber = chamber

    def __call__(self) -> bool:
        """Return True if all doors are closed, there is no emergency, and the chamber is in the state `when`.

        Raises whatever the sensors raise.
        """
        chamber = self._chamber
        if chamber.emergency or chamber.open_doors or not chamber.has_presence:
            return False
        return chamber.present is self._occupied
