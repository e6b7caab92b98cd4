"""The file of used passes: site passes that may be used once a day or once, and have been used.

The file holds digests only. Passes that may be used once a day are digested under a key of the day, which is replaced
on the next day, so that nobody can tell whether a pass of today was used yesterday. Single passes are digested under a
key of this file, and are forgotten after their last day.

Each line has a checksum of its own, so that a damaged line costs one use and not all of them:

    key 6f1c...                      the key for single passes
    day 2026-11-28 91ab...           the newest day, and its key
    once 5d02...                     a pass that was used on this day
    single 77aa... 2026-12-31        a single pass that was used, and its last day

Rule 1: a use counts at once in memory and is durable shortly after. A power cut in between loses it, and the pass can
        be used once more: an honest visitor is never refused for a passage that did not happen.
Rule 2: damage is a fault. The readable lines are kept, and the damaged file is moved aside. Nobody knows which uses are
        lost, so passes with a limit are refused until a technician has removed the file that was moved aside. Passes
        without a limit are not affected.
Rule 3: a clock that is one day behind forgets no use. A day that lies further in the future was a mistake of the clock.
"""

import logging
import secrets
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path

from kiosk.model import Mark, PassUse
from kiosk.support.files import replace_file

logger = logging.getLogger(__name__)

KEY_BYTES = 32
DIGEST_BYTES = 16
MAX_USED = 20_000
"""Passes that are remembered; more people do not come by one door on one day. The oldest is forgotten first."""

MAX_FILE_BYTES = 4_000_000
RETRY_S = 5.0
"""Time until the file is written again after the disk refused it."""


class UsedPasses:
    """The used passes in the file `path`, which is created with the first use. Safe to use from two threads.

    report: is called with False when uses may be lost (`is_damaged`), and with True when that is over.
    """

    def __init__(self, path: Path, report: Callable[[bool], None] = lambda _usable: None) -> None:
        self._path = path
        self._aside = path.with_name(path.name + ".damaged")
        self._report = report
        self._unreadable = self._is_reported = False
        self._lock = threading.Lock()
        self._key = secrets.token_bytes(KEY_BYTES)
        self._day = date.min
        self._day_key = b""
        self._once: dict[bytes, None] = {}
        self._single: dict[bytes, date] = {}
        self._changed = False
        self._retry_at_s = float("-inf")
        self._read()

    @property
    def is_damaged(self) -> bool:
        """True if uses may be lost: the file could not be read, or a damaged one was moved aside and is still there."""
        return self._unreadable or self._aside.exists()

    def digest(self, identity: bytes, use: PassUse, day: date) -> bytes:
        """Return the digest of a pass with a limit for the day `day` of the site's calendar."""
        with self._lock:
            self._begin(day)
            key = self._key if use is PassUse.SINGLE else self._day_key
            return blake2b(identity, digest_size=DIGEST_BYTES, key=key).digest()

    def is_used(self, mark: Mark) -> bool:
        """Return True if the pass of `mark` may not be used any more."""
        with self._lock:
            return mark.durable in (self._single if mark.use is PassUse.SINGLE else self._once)

    def use_up(self, mark: Mark) -> None:
        """Note that the pass of `mark` was used. It counts from now on; `write` makes it durable."""
        with self._lock:
            if mark.use is PassUse.SINGLE:
                self._single[mark.durable] = mark.last_day
            else:  # after midnight, the digest of the day before matches nothing: the use counts for the day before
                self._once[mark.durable] = None
            for used in (self._once, self._single):
                if len(used) > MAX_USED:
                    del used[next(iter(used))]
            self._changed = True

    def write(self, now_s: float) -> None:
        """Make the uses durable, and report damage. After an error of the disk, the file is written again later."""
        if self.is_damaged is not self._is_reported:
            self._is_reported = not self._is_reported
            self._report(not self._is_reported)
        with self._lock:
            if not self._changed or now_s < self._retry_at_s:
                return
            data = b"".join(self._lines())
            self._changed = False
        try:
            replace_file(self._path, data, mode=0o600)
        except OSError as error:
            logger.error("%s: used passes cannot be written (%s); trying again", self._path, error.strerror)  # noqa: TRY400
            with self._lock:
                self._changed, self._retry_at_s = True, now_s + RETRY_S

    def _begin(self, day: date) -> None:
        """Begin the day `day`: forget the uses of earlier days, and the single passes that have ended."""
        if day <= self._day <= day + timedelta(days=1):
            return
        self._day, self._day_key = day, secrets.token_bytes(KEY_BYTES)
        self._once.clear()
        self._single = {digest: last for digest, last in self._single.items() if last >= day}

    def _lines(self) -> Iterator[bytes]:
        yield line_of(f"key {self._key.hex()}")
        yield line_of(f"day {self._day} {self._day_key.hex()}")
        yield from (line_of(f"once {digest.hex()}") for digest in self._once)
        yield from (line_of(f"single {digest.hex()} {last}") for digest, last in self._single.items())

    def _read(self) -> None:
        try:
            with self._path.open("rb") as file:
                data = file.read(MAX_FILE_BYTES)
        except FileNotFoundError:
            return
        except OSError as error:
            logger.error("%s: used passes cannot be read: %s", self._path, error.strerror)  # noqa: TRY400
            self._unreadable = True
            return
        *lines, rest = data.split(b"\n")
        whole = [self._take(line) for line in lines]
        if rest or not all(whole):
            self._move_aside()

    def _take(self, line: bytes) -> bool:
        """Take over one line of the file; return False if it is damaged."""
        text, _, checksum = line.rpartition(b" ")
        if checksum != checksum_of(text):
            return False
        with suppress(ValueError):
            match text.decode("ascii").split(" "):
                case ["key", key]:
                    self._key = bytes.fromhex(key)
                case ["day", day, key]:
                    self._day, self._day_key = date.fromisoformat(day), bytes.fromhex(key)
                case ["once", digest]:
                    self._once[bytes.fromhex(digest)] = None
                case ["single", digest, last]:
                    self._single[bytes.fromhex(digest)] = date.fromisoformat(last)
                case _:
                    return False
            return True
        return False

    def _move_aside(self) -> None:
        try:
            self._path.replace(self._aside)
        except OSError:
            self._unreadable = True
        self._changed = True
        kept = len(self._once) + len(self._single)
        logger.error("%s was damaged; it is kept as %s, and %d uses were saved", self._path, self._aside, kept)


def line_of(text: str) -> bytes:
    """Return a line of the file with its checksum."""
    data = text.encode("ascii")
    return data + b" " + checksum_of(data) + b"\n"


def checksum_of(data: bytes) -> bytes:
    """Return the CRC-32 of `data` in hex."""
    return f"{zlib.crc32(data):08x}".encode("ascii")
