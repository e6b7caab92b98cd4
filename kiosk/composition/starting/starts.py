"""The record of the program's starts and crashes, which decides when the kiosk starts in safe mode.

The record is a small file in the folder that systemd keeps for the service. Each start is noted before the kiosk is
built. If the program is killed, by systemd's watchdog or for want of memory, the note is still there at the next start.

Rule 1: every end that nobody asked for is a crash. A power cut or a restart of the Pi is no crash; the id of the boot
tells it apart.
Rule 2: a record that cannot be read or written never keeps the kiosk from starting.
"""

import json
import logging
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from kiosk.support.files import replace_file

logger = logging.getLogger(__name__)

NAME = "starts.json"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

CRASHES, WITHIN_S = 3, 600.0
"""After so many crashes within this time, the kiosk starts in safe mode."""

SAFE_S, LONGEST_SAFE_S = 600.0, 3600.0
"""Safe mode lasts this long before an ordinary start is tried again; each time twice as long, up to the second
value."""

LONGEST_PAUSE_S = 300.0
"""The longest pause before a start, if safe mode crashes too."""

KILLED = "the program ended without a message: it was killed, or it did not feed systemd's watchdog"
MAX_CAUSE = 400
MAX_BYTES = 4096


@dataclass(frozen=True, slots=True)
class StartRecord:
    """The starts since the boot; times are in seconds since the boot.

    crashes: the times of the last crashes. cause: the message of the newest crash. running_since_s: the time of a start
    whose end is not noted. safe_periods: how often safe mode was entered since the kiosk last ran well. safe: the last
    start was in safe mode.
    """

    boot: str
    crashes: tuple[float, ...] = ()
    cause: str = ""
    running_since_s: float | None = None
    safe_periods: int = 0
    safe: bool = False

    @property
    def is_unstable(self) -> bool:
        """Return True if the next start is in safe mode."""
        return len(self.crashes) >= (1 if self.safe_periods else CRASHES)

    @property
    def pause_s(self) -> float:
        """Return the pause before the next start, in seconds: none, until safe mode itself crashes."""
        return min(2.0 ** len(self.crashes), LONGEST_PAUSE_S) if self.safe and self.crashes else 0.0

    @property
    def safe_s(self) -> float:
        """Return how long the present safe mode lasts, in seconds."""
        return min(SAFE_S * 2.0 ** (self.safe_periods - 1), LONGEST_SAFE_S)

    def crashed(self, now_s: float, cause: str) -> "StartRecord":
        """Return the record after a crash. A run of `WITHIN_S` or more was a good one."""
        since_s = now_s if self.running_since_s is None else self.running_since_s
        ran_well = not self.safe and now_s - since_s >= WITHIN_S
        crashes = (*(at_s for at_s in self.crashes if now_s - at_s < WITHIN_S), now_s)
        periods = 0 if ran_well else self.safe_periods
        return replace(self, crashes=crashes, cause=cause[:MAX_CAUSE], running_since_s=None, safe_periods=periods)

    def started(self, now_s: float, *, safe: bool) -> "StartRecord":
        """Return the record after a start."""
        periods = self.safe_periods + 1 if safe and not self.safe else self.safe_periods
        return replace(self, running_since_s=now_s, safe_periods=periods, safe=safe)

    def tried_again(self) -> "StartRecord":
        """Return the record after the end of a safe mode that did not crash: an ordinary start follows."""
        return replace(self, crashes=(), running_since_s=None, safe=False)


class StartLog:
    """Keeps the record in `folder`; without a folder, as in a checkout, nothing is kept and no start is in safe
    mode."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._file = folder / NAME if folder else None
        self.record = self._read()
        if self.record.running_since_s is not None:
            self.record = self.record.crashed(boot_time_s(), KILLED)

    def started(self, *, safe: bool) -> None:
        """Note a start, before the kiosk is built; safe: it is a start in safe mode."""
        self._note(self.record.started(boot_time_s(), safe=safe))

    def crashed(self, cause: str) -> None:
        """Note a crash with its cause."""
        self._note(self.record.crashed(boot_time_s(), cause))

    def stopped(self) -> None:
        """Note an end that was asked for; the next start is an ordinary one."""
        self._note(StartRecord(self.record.boot))

    def tried_again(self) -> None:
        """Note that safe mode ends and an ordinary start follows."""
        self._note(self.record.tried_again())

    def _note(self, record: StartRecord) -> None:
        self.record = record
        if self._file is None:
            return
        try:
            replace_file(self._file, json.dumps(asdict(record)).encode(), mode=0o600)
        except OSError as error:
            logger.warning("the start cannot be noted in '%s': %s", self._file, error.strerror)

    def _read(self) -> StartRecord:
        new = StartRecord(boot_id())
        if self._file is None:
            return new
        try:
            with self._file.open("rb") as file:
                found = json.loads(file.read(MAX_BYTES))
                since_s = found["running_since_s"]
                record = StartRecord(
                    boot=str(found["boot"]),
                    crashes=tuple(float(at_s) for at_s in found["crashes"]),
                    cause=str(found["cause"]),
                    running_since_s=None if since_s is None else float(since_s),
                    safe_periods=int(found["safe_periods"]),
                    safe=bool(found["safe"]),
                )
        except FileNotFoundError:
            return new
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            logger.warning("the record of starts '%s' cannot be read; a new one is begun", self._file)
            return new
        return record if record.boot == new.boot else new


def boot_time_s() -> float:
    """Return the seconds since the boot, with those of a suspended machine (clock_gettime(2), CLOCK_BOOTTIME)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """Return the id of this boot (random(4)); "" if the kernel does not tell it."""
    try:
        return BOOT_ID.read_text("ascii").strip()
    except OSError:
        return ""
