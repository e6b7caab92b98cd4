"""The lock of a door, of either kind, on one relay.

Rule 1: a fail-secure lock (strike) is unlocked while its relay is energised; without power it is locked.
Rule 2: a fail-safe lock (magnet) is locked while its relay is energised; without power it is unlocked.
Rule 3: an unlocking ends by itself and lasts at most `max_hold_s` without a break; only a release has no limit.
"""

from kiosk.hardware.board import Board
from kiosk.hardware.relay import Relay
from kiosk.hardware.timed import TimedSwitch
from kiosk.model import Clock
from kiosk.settings.schema.doors import DoorSettings, LockKind, StreetDoorSettings


class DoorLock:
    """A lock that is locked from its construction on; the settings say of which door.

    The street door has no `max_hold_s`: it is only released. Raises `DeviceError` if the relay's pin cannot be opened.
    """

    def __init__(self, board: Board, settings: DoorSettings | StreetDoorSettings, clock: Clock) -> None:
        name, limit_s = "street_door", settings.hold_s
        if isinstance(settings, DoorSettings):
            name, limit_s = "door", settings.max_hold_s
        self._relay = Relay(board, name, settings.relay_pin, settings.active_high, clock, limit_s)
        self._unlocking: TimedSwitch = self._relay
        if settings.lock is LockKind.FAIL_SAFE:
            self._unlocking = TimedSwitch(name, self._switch_magnet, clock, limit_s)
        self.lock()

    def unlock(self, hold_s: float) -> bool:
        """Unlock for `hold_s` seconds, at most `max_hold_s` without a break.

        Returns False, and locks, if that limit is used up.
        """
        return self._unlocking.pulse(hold_s)

    def lock(self) -> None:
        """Lock now. This also ends a release."""
        self._unlocking.rest()

    def release(self) -> None:
        """Unlock until `lock` is called, for an emergency. A later `unlock` does not shorten it."""
        self._unlocking.hold()

    @property
    def locked(self) -> bool:
        """True while the lock keeps the door shut."""
        return not self._unlocking.on

    def close(self) -> None:
        """De-energise the relay and free the pin: a strike is then locked, a magnet open. Safe to call twice."""
        self._unlocking.abandon()
        self._relay.close()

    def _switch_magnet(self, unlocked: bool) -> None:
        if unlocked:
            self._relay.rest()
        else:
            self._relay.hold()
