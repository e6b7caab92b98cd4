"""The time of day, and whether it is known to be right ("sure").

A Raspberry Pi without a battery loses the time when the power fails, and starts with an old one. A credential that has
expired would then look valid. The time is therefore "sure" only on three conditions. First, it was synchronised since
this boot: systemd-timesyncd touches a file at each synchronisation, and the file's time is later than the boot's.
Second, it is not before the floor: the latest time, in steps of one hour, that was sure before, stored on the card. The
floor detects a clock that was set back. Third, it did not jump ahead. NTP is not authenticated: one false answer would
else make every credential look expired, raise the floor for ever and let old rows of the journal be deleted.

Theory of the jump: two sources are compared. Since a time that was sure in this boot, the uptime tells how much time
has passed, to `STEP` and the drift of a crystal; the stored floor keeps that point over a restart of the program.
After a boot nothing tells how long the power was off. Then a time is believed if it is at most `OFF` beyond the floor
and the uptime, or if a battery-backed clock (RTC) agrees that was read before the first synchronisation of this boot;
later the kernel sets the RTC by the synchronised time, and it agrees with everything. Any other jump is the fault
`clock_jumped` and needs the technician, who compares the time with a watch and runs `kiosk clock confirm`. This also
repairs a floor that is ahead. A first start without a floor believes the first synchronisation.

Rule 1: sure means: synchronised since this boot, not before the floor, and no unexplained jump.
Rule 2: the floor never makes a clock sure; it only detects one that was set wrong.
Rule 3: reading the time never waits for the card: `keep` stores the floor and looks for a confirmation, on a thread
    that may wait.
Rule 4: the kernel is not asked: under ProtectClock= even reading with adjtimex(2) is refused (systemd issue 26413).
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
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

STEP = timedelta(minutes=10)
"""By so much the time may differ from what the uptime or the RTC says."""

DRIFT = 5e-4
"""The kernel corrects a crystal by at most 500 ppm (adjtimex(2))."""

OFF = timedelta(days=4)
"""The longest time without power that needs no confirmation: a weekend with a holiday."""

BOOT_ID = Path("proc/sys/kernel/random/boot_id")
RTC = Path("sys/class/rtc/rtc0/since_epoch")
"""Seconds since 1970 of the battery-backed clock (Linux, Documentation/ABI/testing/sysfs-class-rtc)."""

CONFIRMED = "time-confirmed"
"""The file beside the floor that `kiosk clock confirm` writes."""

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


@dataclass(frozen=True, slots=True)
class TimePoint:
    """A time of day with the uptime at which it held, in the boot with this id ("" if that is not known)."""

    utc: datetime
    boot: str = ""
    up_s: float = 0.0

    def agrees(self, utc: datetime, up_s: float) -> bool:
        """Return True if the time `utc` at the uptime `up_s` of the same boot follows from this point."""
        passed_s = up_s - self.up_s
        return abs(utc - self.utc - timedelta(seconds=passed_s)) <= STEP + timedelta(seconds=DRIFT * abs(passed_s))


def is_explained(utc: datetime, up_s: float, floor: TimePoint | None, boot: str, rtc: TimePoint | None) -> bool:
    """Return True if the time `utc` is no jump: another source explains it, or there is no floor yet.

    boot: the id of this boot, or "". rtc: what the RTC said before the first synchronisation of this boot.
    """
    if floor is None:
        return True
    if boot and floor.boot == boot:
        return floor.agrees(utc, up_s)
    if utc - floor.utc <= OFF + timedelta(seconds=up_s):
        return True
    return rtc is not None and rtc.agrees(utc, up_s)


class WallClock:
    """The system's time of day; safe from any thread.

    floor_path: the file of the floor. root: the folder with `run`, `proc` and `sys`. utc: returns the time of day.
    up_s: returns the seconds since the boot. zone: the site's time zone.
    """

    def __init__(
        self,
        floor_path: Path,
        root: Path = Path("/"),
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        up_s: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
        zone: tzinfo = UTC,
    ) -> None:
        self._zone = zone
        self._floor_path = floor_path
        self._confirmed_path = floor_path.with_name(CONFIRMED)
        self._marker = root / SYNCHRONIZED
        self._utc = utc
        self._up_s = up_s
        self._lock = threading.Lock()
        self._boot = boot_id(root)
        self._floor = self._kept = read_point(floor_path)
        self._anchor = self._floor
        self._confirmed: TimePoint | None = None
        self._jumped = False
        self._rtc = None if is_sure(utc(), None, _changed_at_utc(self._marker), up_s()) else _read_rtc(root, up_s())

    @property
    def fault(self) -> str:
        """The fault that the last reading of the time found, a key of `faults.FAULTS`, or ""."""
        return "clock_jumped" if self._jumped else ""

    def now(self) -> WallTime:
        """Return the time of day and whether it is sure. Never raises, and never reads the memory card."""
        with self._lock:
            utc, up_s = self._utc(), self._up_s()
            synchronized_at_utc = _changed_at_utc(self._marker)
            floor_utc = self._floor.utc if self._floor else None
            explained = is_explained(utc, up_s, self._anchor, self._boot, self._rtc)
            sure = explained and is_sure(utc, floor_utc, synchronized_at_utc, up_s)
            self._jumped = not sure and is_sure(utc, None, synchronized_at_utc, up_s)
            if sure:
                if self._anchor is None or self._anchor.boot != self._boot:
                    self._anchor = TimePoint(utc, self._boot, up_s)
                if floor_utc is None or utc - floor_utc >= FLOOR_STEP:
                    self._floor = TimePoint(utc, self._boot, up_s)
            return WallTime(utc, sure, self._zone)

    def keep(self) -> None:
        """Store the floor if it has changed; after a jump, take over a confirmation of the technician.

        Logs a failure; never raises. Only one thread may call this.
        """
        if self._jumped:
            self._take_confirmation()
        floor = self._floor
        if floor is None or floor == self._kept:
            return
        self._kept = floor
        try:
            write_point(self._floor_path, floor)
        except OSError as error:
            logger.warning("the time floor %s cannot be stored: %s", self._floor_path, error)

    def _take_confirmation(self) -> None:
        point = read_point(self._confirmed_path)
        if point is None or point == self._confirmed or not self._boot or point.boot != self._boot:
            return
        self._confirmed = point
        with self._lock:
            utc, up_s = self._utc(), self._up_s()
            if point.agrees(utc, up_s):
                self._anchor = self._floor = TimePoint(utc, self._boot, up_s)
                self._jumped = False
                logger.warning("the technician confirmed that it is %s UTC", utc.isoformat(timespec="seconds"))


def confirm(floor_path: Path, root: Path = Path("/")) -> datetime:
    """Write that the present time of day of this machine is right; return that time.

    A running kiosk takes it over within seconds, and it holds for this boot only.
    Raises `OSError` if the file cannot be written.
    """
    point = TimePoint(datetime.now(UTC), boot_id(root), time.clock_gettime(time.CLOCK_BOOTTIME))
    write_point(floor_path.with_name(CONFIRMED), point, mode=0o644)
    return point.utc


def read_point(path: Path) -> TimePoint | None:
    """Return the stored point, or None if there is none or it cannot be read; the log then says why.

    The first line is the time; the second one, which older versions did not write, the id of the boot and the uptime.
    """
    try:
        lines = path.read_text(encoding="ascii").split("\n")
        utc = datetime.fromisoformat(lines[0].strip())
        boot, up = lines[1].split() if len(lines) > 1 and lines[1] else ("", "0")
        up_s = float(up)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        logger.warning("the time floor %s cannot be read and starts again: %s", path, error)
        return None
    if not math.isfinite(up_s):
        boot, up_s = "", 0.0
    return TimePoint(utc.replace(tzinfo=UTC) if utc.tzinfo is None else utc, boot, up_s)


def write_point(path: Path, point: TimePoint, mode: int = 0o600) -> None:
    """Store `point` in `path`, durable; raises `OSError` if it cannot be written."""
    where = f"{point.boot} {point.up_s:.0f}\n" if point.boot else ""
    replace_file(path, f"{point.utc.isoformat(timespec='seconds')}\n{where}".encode(), mode=mode)


def boot_id(root: Path) -> str:
    """Return the id of this boot, or "" if the kernel does not tell it."""
    try:
        return (root / BOOT_ID).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _read_rtc(root: Path, up_s: float) -> TimePoint | None:
    try:
        return TimePoint(datetime.fromtimestamp(int((root / RTC).read_text(encoding="ascii")), UTC), up_s=up_s)
    except (OSError, ValueError, OverflowError):
        return None


def _changed_at_utc(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None
