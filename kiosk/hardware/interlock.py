"""The interlock of the sprayer: a decision by the raw levels of the chamber's sensors, independent of the flow.

The flow decides from debounced events, which are late by design, and it can be wrong. The interlock therefore uses
the levels of this moment, keeps no state, and does not know the flow. The sprayer asks it before and during a spray.

A presence sensor with a gap that is shorter than the debounce cannot tell whether the same person is still there. So a
spray starts only after the sensor has kept its level, without one edge, for as long as the person is warned.

Rule: an unknown chamber is not sprayed: without a presence sensor spraying is never allowed.
"""

from typing import Protocol

from kiosk.model import ChamberWhen, Door

SLACK_S = 0.05
"""The warning is counted from the event of the presence sensor, which follows its edge by the debounce; and a sum of
seconds is rounded."""


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
    def presence_steady_s(self) -> float:
        """Seconds since the last edge of the presence sensor."""
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
    """A callable that returns True if spraying is allowed now. warn_s: how long the presence must be steady before."""

    def __init__(self, when: ChamberWhen, chamber: Chamber, warn_s: float) -> None:
        self._occupied = when is ChamberWhen.OCCUPIED
        self._chamber = chamber
        self._warn_s = warn_s

    def may_start(self) -> bool:
        """Return True if a spray may start now: it is allowed, and nobody came or went during the warning.

        Raises whatever the sensors raise.
        """
        return self() and self._chamber.presence_steady_s >= self._warn_s - SLACK_S

    def __call__(self) -> bool:
        """Return True if all doors are closed, there is no emergency, and the chamber is in the state `when`.

        Raises whatever the sensors raise.
        """
        chamber = self._chamber
        if chamber.emergency or chamber.open_doors or not chamber.has_presence:
            return False
        return chamber.present is self._occupied
