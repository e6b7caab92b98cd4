"""The door's lock, of either kind, on one relay.

Rule 1: a fail-secure lock (strike) opens while its relay is energised: dead means locked.
Rule 2: a fail-safe lock (magnet) holds while its relay is energised: dead means open, by physics.
Rule 3: an unlocking ends by itself, and one unbroken unlocking never exceeds `max_hold_s`; only a release does.
"""

from kiosk.hardware.board import Board
from kiosk.hardware.relay import Relay
from kiosk.hardware.timed import TimedSwitch
from kiosk.model import Clock
from kiosk.settings.schema.wiring import DoorSettings, LockKind


class DoorLock:
    """Locked from its construction on; raises `DeviceError` when the relay's pin cannot be had."""

    def __init__(self, board: Board, settings: DoorSettings, clock: Clock) -> None:
        self._relay = Relay(board, "door", settings.relay_pin, settings.active_high, clock, settings.max_hold_s)
        self._opening: TimedSwitch = self._relay
        if settings.lock is LockKind.FAIL_SAFE:
            self._opening = TimedSwitch("door", self._drop, clock, settings.max_hold_s)
        self.lock()

    def unlock(self, hold_s: float) -> bool:
        """Unlocked for `hold_s` seconds, at most `max_hold_s` without a break; False when that is used up."""
        return self._opening.pulse(hold_s)

    def lock(self) -> None:
        """Locked, now; also ends a release."""
        self._opening.rest()

    def release(self) -> None:
        """Unlocked until `lock`: the emergency. No `unlock` shortens it."""
        self._opening.hold()

    @property
    def locked(self) -> bool:
        """Whether the lock holds the door."""
        return not self._opening.on

    def close(self) -> None:
        """De-energise and let the pin go: a strike is locked then, a magnet open; safe to call twice."""
        self._opening.abandon()
        self._relay.close()

    def _drop(self, dropped: bool) -> None:
        if dropped:
            self._relay.rest()
        else:
            self._relay.hold()
