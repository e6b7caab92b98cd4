"""The airlock: the locks of both doors, of which at most one is unlocked, independently of the flow.

The flow says when the street door may be free and when the building door is to be unlocked. It decides from debounced
events, and it can be wrong. The airlock therefore decides once more, by the relays and by the raw levels of this
moment: at each edge of a contact, and every `POLL_S` while it waits for something.

Rule 1: at most one lock is unlocked, and each only while the other door is shut. The release in an emergency unlocks
        both, and is the only exception.
Rule 2: one lock is unlocked only after the other one had `bolt_s` to move.
Rule 3: a person who uses `inputs.street_exit`, also just before a release ends, can leave: the building door is locked
        and the street door is unlocked at once, for `hold_s` or until it has fallen shut behind them for `SHUT_S`.
Rule 4: a street door that opens locks the building door at once.
Rule 5: a bolt that is stuck open is tried again and again: a free door would never show that it moves again.
"""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from kiosk.hardware.lock import DoorLock
from kiosk.model import Alarm, Clock, Door
from kiosk.settings.schema.doors import StreetDoorSettings
from kiosk.support.delivery import Delivery

logger = logging.getLogger(__name__)

POLL_S = 0.1
"""The longest time for which a missed edge is not noticed."""

BOLT_LATE_S = 1.0
"""A bolt that does not follow its relay for this much longer than `bolt_s` is reported. A handle may draw it."""

TRY_S = 20.0
"""Time between two tries to lock the street door while its bolt is stuck open. Its exit works all the time."""

SHUT_S = 0.2
"""A door that has just fallen shut may open again by itself for this time; a magnet must not catch it ajar."""

ROUNDING_S = 1e-6
"""An alarm counts as due although it is early by this much, because a sum of seconds is rounded."""


class DoorLevels(Protocol):
    """The levels of the doors' inputs at this moment, before any debounce."""

    @property
    def open_doors(self) -> frozenset[Door]:
        """The doors whose contacts are open."""
        ...

    @property
    def street_exit(self) -> bool:
        """True while somebody in the chamber uses the handle or the exit button of the street door."""
        ...

    @property
    def street_bolt(self) -> bool | None:
        """True while the bolt locks the street door; None if no input tells this."""
        ...


class StreetExit:
    """The time for which a person leaves by the street door: `hold_s` seconds at the longest, from its exit on."""

    def __init__(self, hold_s: float) -> None:
        self._hold_s = hold_s
        self._until_s, self._shut_since_s = float("-inf"), float("inf")
        self._went = False  # the door was opened after the exit was used

    def look(self, levels: DoorLevels, now_s: float) -> None:
        """Record the levels of this moment."""
        if levels.street_exit:
            self._until_s, self._went = now_s + self._hold_s, False
        if Door.STREET in levels.open_doors:
            self._went, self._shut_since_s = True, float("inf")
        else:
            self._shut_since_s = min(self._shut_since_s, now_s)

    @property
    def has_left(self) -> bool:
        """True if the door fell shut behind the person, even if only in this moment."""
        return self._went and self._shut_since_s < float("inf")

    def leaves(self, now_s: float) -> bool:
        """Return True while the street door stays unlocked for the person."""
        return now_s < self._until_s and not (self._went and now_s >= self._shut_since_s + SHUT_S - ROUNDING_S)


class Airlock:
    """Both locks. It takes the place of the building door's lock; `free_street` is for the street door.

    on_refused: called, from any thread, if an unlocking that `unlock` accepted was ended or did not begin; it returns
    True if it accepted the report. on_bolt: called with the fault of the bolt, or "" while the bolt follows its relay.
    Both are called again until they return True.
    """

    def __init__(
        self,
        building: DoorLock,
        street: DoorLock,
        settings: StreetDoorSettings,
        levels: DoorLevels,
        clock: Clock,
        on_refused: Callable[[], bool],
        on_bolt: Callable[[str], bool],
    ) -> None:
        self._building = building
        self._street = street
        self._settings = settings
        self._levels = levels
        self._clock = clock
        self._refused = Delivery[None](lambda _: on_refused(), clock=clock, retry_s=POLL_S)
        self._bolt = Delivery[str](on_bolt, changes_only=True, clock=clock, retry_s=POLL_S)
        self._lock = threading.RLock()
        self._alarm: Alarm | None = None
        self._street_may_be_free = True
        self._released = self._closed = False
        self._waiting_hold_s: float | None = None  # an unlocking that waits for the street door's bolt
        self._building_was_unlocked = False
        self._building_locked_s = self._street_locked_s = clock.now_s()
        self._street_exit = StreetExit(settings.hold_s)
        self._bolt_wrong_since_s: float | None = None
        self._bolt_stuck_at: bool | None = None  # what the contact of a stuck bolt reads
        self._bolt_tried_s = float("-inf")

    def unlock(self, hold_s: float) -> bool:
        """Lock the street door, and unlock the building door for `hold_s` seconds as soon as the bolt had its time.

        Returns False if the street door is open or somebody leaves by it; the building door is then locked. A refusal
        that is known later is reported by `on_refused`.
        """
        with self._lock:
            self._refused.cancel()
            if self._released:
                return self._building.unlock(hold_s)
            now_s = self._clock.now_s()
            self._street_may_be_free = False
            self._look(now_s)
            if self._street_is_used(now_s):
                return False
            self._waiting_hold_s = hold_s
            self._look(now_s)
            return True

    def lock(self) -> None:
        """Lock the building door now; this also ends a release of both doors."""
        with self._lock:
            self._refused.cancel()
            self._waiting_hold_s = None
            self._building.lock()
            if self._released:
                self._released = False
                self._building_locked_s = self._clock.now_s()
            self._look(self._clock.now_s())

    def free_street(self, free: bool) -> None:
        """Unlock the street door for whoever comes, as soon as the building door is shut and locked; or lock it now."""
        with self._lock:
            self._street_may_be_free = free
            self._look(self._clock.now_s())

    def release(self) -> None:
        """Unlock both doors until `lock` is called, for an emergency."""
        with self._lock:
            self._refused.cancel()
            self._waiting_hold_s = None
            self._released = True
            try:
                self._building.release()
            finally:
                self._street.release()
            self._look(self._clock.now_s())

    def check(self) -> None:
        """Look at the levels of the doors; to be called at each edge of their inputs."""
        with self._lock:
            if not self._closed:
                self._look(self._clock.now_s())

    @property
    def locked(self) -> bool:
        """True while the lock keeps the building door shut."""
        return self._building.locked

    @property
    def street_locked(self) -> bool:
        """True while the lock keeps the street door shut for people in the street."""
        return self._street.locked

    def close(self) -> None:
        """De-energise both relays and free their pins. Safe to call twice."""
        with self._lock:
            self._closed = True
            self._refused.cancel()
            self._bolt.cancel()
            if self._alarm:
                self._alarm.cancel()
            try:
                self._building.close()
            finally:
                self._street.close()

    def _look(self, now_s: float) -> None:
        """Bring both locks to what the levels allow, and look again later while something is still to come."""
        self._street_exit.look(self._levels, now_s)
        if not self._released:
            self._apply(now_s)
        waits = self._judge_bolt(now_s) or (not self._released and self._is_moving(now_s))
        waits = waits or self._bolt_stuck_at is False
        if self._alarm:
            self._alarm.cancel()
        self._alarm = self._clock.call_at(now_s + POLL_S, self.check) if waits else None

    def _is_moving(self, now_s: float) -> bool:
        """Return True while the locks can change without an edge of an input, or an edge must not be missed."""
        waiting = self._waiting_hold_s is not None or (self._street_may_be_free and self._street.locked)
        return waiting or not self._building.locked or self._street_exit.leaves(now_s)

    def _street_is_used(self, now_s: float) -> bool:
        """Return True if the street door is open, or somebody may still leave by it."""
        leaves = self._street_exit.leaves(now_s) and not self._street_exit.has_left
        return leaves or Door.STREET in self._levels.open_doors

    def _apply(self, now_s: float) -> None:
        if self._street_is_used(now_s):
            self._refuse_building()
        building_is_shut = self._building_is_shut(now_s)
        may_be_free = self._street_may_be_free and self._waiting_hold_s is None and not self._tries_bolt(now_s)
        if self._street_exit.leaves(now_s) or (building_is_shut and may_be_free):
            self._street.release()
            return
        self._lock_street()
        if self._waiting_hold_s is not None:
            self._finish_unlocking(now_s, self._waiting_hold_s)

    def _finish_unlocking(self, now_s: float, hold_s: float) -> None:
        """Unlock the building door if the street door was locked long enough."""
        if now_s - self._street_locked_s < self._settings.bolt_s - ROUNDING_S:
            return
        self._waiting_hold_s = None
        self._building_was_unlocked = True
        if self._levels.street_bolt is False or not self._building.unlock(hold_s):
            logger.warning("the building door was not unlocked: the bolt of the street door, or the limit, forbids it")
            self._refused.offer(None)

    def _refuse_building(self) -> None:
        """Lock the building door if it is unlocked or about to be, and report this."""
        if self._waiting_hold_s is not None or not self._building.locked:
            logger.warning("the building door is locked by the interlock: the street door is in use")
            self._waiting_hold_s = None
            self._building.lock()
            self._refused.offer(None)

    def _building_is_shut(self, now_s: float) -> bool:
        """Return True if the building door is shut, and its lock had `bolt_s` to move."""
        unlocked = not self._building.locked
        if self._building_was_unlocked and not unlocked:
            self._building_locked_s = now_s
        self._building_was_unlocked = unlocked
        moved = now_s - self._building_locked_s >= self._settings.bolt_s - ROUNDING_S
        return not unlocked and moved and Door.BUILDING not in self._levels.open_doors

    def _lock_street(self) -> None:
        if not self._street.locked:
            self._street_locked_s = self._clock.now_s()
            self._street.lock()

    def _tries_bolt(self, now_s: float) -> bool:
        """Return True while the street door is locked in order to see whether its bolt, which was stuck open, moves."""
        if self._bolt_stuck_at is not False:
            return False
        if now_s - self._bolt_tried_s >= TRY_S - ROUNDING_S:
            self._bolt_tried_s = now_s
        return now_s - self._bolt_tried_s < self._settings.bolt_s + BOLT_LATE_S

    def _judge_bolt(self, now_s: float) -> bool:
        """Report a bolt that does not follow its relay; return True while it is too early to judge.

        A bolt that was stuck works again only when it is seen to move.
        """
        bolt = self._levels.street_bolt
        if bolt is None:
            return False
        if Door.STREET in self._levels.open_doors:  # the bolt of an open door says nothing
            self._bolt_wrong_since_s = None
            return False
        if bolt is self._street.locked:
            self._bolt_wrong_since_s = None
            if bolt is not self._bolt_stuck_at:
                self._bolt_stuck_at = None
                self._bolt.offer("")
            return False
        if self._bolt_wrong_since_s is None:
            self._bolt_wrong_since_s = now_s
        if now_s - self._bolt_wrong_since_s < self._settings.bolt_s + BOLT_LATE_S - ROUNDING_S:
            return True
        self._bolt_stuck_at = bolt
        self._bolt.offer("street_lock_stuck")
        return False
