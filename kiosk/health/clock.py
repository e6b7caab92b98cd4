"""The time of day, and whether it is known to be right ("sure").

A Raspberry Pi without a battery loses the time when the power fails, and starts with an old one. A credential that has
expired would then look valid. The time is therefore "sure" only on two conditions. First, it was synchronised since
this boot: systemd-timesyncd touches a file at each synchronisation, and the file's time is later than the boot's.
Second, it is not before the floor: the latest time, in steps of one hour, that was sure before, stored on the card. The
floor detects a clock that was set back.

Rule 1: sure means: synchronised since this boot, and not before the floor.
Rule 2: the floor never makes a clock sure; it only detects one that was set back.
Rule 3: reading the time never waits for the card: `keep` stores the floor, on a thread that may wait.
Rule 4: the kernel is not asked: under ProtectClock= even reading with adjtimex(2) is refused (systemd issue 26413).
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.model import WallTime
from kiosk.support.files import replace_file

logger = logging.getLogger(__name__)

SYNCHRONIZED = Path("run/systemd/timesync/synchronized")
"""The file that systemd-timesyncd touches at each synchronisation (systemd-timesyncd.service(8)).

script/install makes chrony touch it too.
"""

BOOT_SLACK_S = 5.0
"""Tolerance for the computed time of the boot: it comes from two clocks that are read one after the other."""

FLOOR_STEP = timedelta(hours=1)
"""The floor rises in steps of this length, because each step is a write to the card."""


def is_sure(utc: datetime, floor_utc: datetime | None, synchronized_at_utc: datetime | None, up_s: float) -> bool:
    """Return True if the time `utc` is known to be right.

    floor_utc: None if there is no floor yet. synchronized_at_utc: the last synchronisation, None if there was none.
    up_s: seconds since the boot, with the time in which the machine was suspended.
    """
    if synchronized_at_utc is None or (floor_utc is not None and utc < floor_utc):
        return False
    booted_at_utc = utc - timedelta(seconds=up_s + BOOT_SLACK_S)
    return synchronized_at_utc >= booted_at_utc


class WallClock:
    """The system's time of day; safe from any thread.

    floor_path: the file of the floor. root: the folder that contains `run`. utc: returns the time of day.
    up_s: returns the seconds since the boot.
    """

    def __init__(
        self,
        floor_path: Path,
        root: Path = Path("/"),
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        up_s: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
    ) -> None:
        self._floor_path = floor_path
        self._marker = root / SYNCHRONIZED
        self._utc = utc
        self._up_s = up_s
        self._lock = threading.Lock()
        self._floor_utc = self._kept_utc = read_floor(floor_path)

    def now(self) -> WallTime:
        """Return the time of day and whether it is sure. Never raises, and never reads the memory card."""
        with self._lock:
            utc = self._utc()
            sure = is_sure(utc, self._floor_utc, _changed_at_utc(self._marker), self._up_s())
            if sure and (self._floor_utc is None or utc - self._floor_utc >= FLOOR_STEP):
                self._floor_utc = utc
            return WallTime(utc, sure)

    def keep(self) -> None:
        """Store the floor if it has risen; log a failure. Never raises. Only one thread may call this."""
        floor_utc = self._floor_utc
        if floor_utc is None or floor_utc == self._kept_utc:
            return
        self._kept_utc = floor_utc
        try:
            write_floor(self._floor_path, floor_utc)
        except OSError as error:
            logger.warning("the time floor %s cannot be stored: %s", self._floor_path, error)


def read_floor(path: Path) -> datetime | None:
    """Return the stored floor; None if there is no file yet, or if it cannot be read, which is logged."""
    try:
        floor_utc = datetime.fromisoformat(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        logger.warning("the time floor %s cannot be read and starts again: %s", path, error)
        return None
    return floor_utc.replace(tzinfo=UTC) if floor_utc.tzinfo is None else floor_utc


def write_floor(path: Path, utc: datetime) -> None:
    """Store the floor in the file `path`, so that it survives a power cut; raises `OSError` if it cannot be written."""
    replace_file(path, f"{utc.isoformat(timespec='seconds')}\n".encode(), mode=0o600)


def _changed_at_utc(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None
