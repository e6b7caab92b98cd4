"""Site passes that the office took back: a file of pass ids, one a line, read anew whenever it changes.

Rule 1: while the file cannot be read every pass is refused; an older list never stands in for it (design, never 6).
"""

import logging
import re
from collections.abc import Iterable
from pathlib import Path

from kiosk.errors import KioskError
from kiosk.support.files import replace_file

logger = logging.getLogger(__name__)

PASS_ID = re.compile(r"[0-9a-f]{16,32}")
MAX_FILE_BYTES = 4_000_000
"""A hundred thousand passes and their comments."""


class RevokedPasses:
    """Whether a pass was taken back; asked once a pass, from the credentials' thread."""

    def __init__(self, path: Path) -> None:
        """Read the file; raises KioskError, so that a kiosk does not start without its list."""
        self._path = path
        self._seen = _mark(path)
        self._ids: frozenset[str] | None = read_ids(path)

    def __call__(self, pass_id: str) -> bool:
        """Whether the pass with this id (hex) is refused."""
        self._read_again()
        return self._ids is None or pass_id in self._ids

    def _read_again(self) -> None:
        mark = _mark(self._path)
        if mark == self._seen:
            return
        self._seen = mark
        try:
            self._ids = read_ids(self._path)
        except KioskError as mistake:
            logger.error("every site pass is refused: %s", mistake)  # noqa: TRY400 - the message says it all
            self._ids = None


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def read_ids(path: Path) -> frozenset[str]:
    """The ids in the file; raises KioskError naming the line that is none."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise KioskError(f"'{path}' is larger than {MAX_FILE_BYTES} bytes")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as trouble:
        raise KioskError(f"'{path}' cannot be read: {trouble}; make it with 'kiosk pass revoke'") from None
    ids = [(number, line.partition("#")[0].strip().lower()) for number, line in enumerate(lines, start=1)]
    for number, pass_id in ids:
        if pass_id and not PASS_ID.fullmatch(pass_id):
            raise KioskError(f"'{path}', line {number}: not a pass id of 16 to 32 hexadecimal digits")
    return frozenset(pass_id for _, pass_id in ids if pass_id)


def revoke(path: Path, pass_ids: Iterable[str]) -> int:
    """Add ids to the file, which is replaced whole; returns how many are listed now. Raises KioskError."""
    wanted = {pass_id.lower() for pass_id in pass_ids}
    for pass_id in wanted:
        if not PASS_ID.fullmatch(pass_id):
            raise KioskError(f"'{pass_id}' is not a pass id of 16 to 32 hexadecimal digits")
    listed = sorted(wanted | (read_ids(path) if path.exists() else frozenset()))
    lines = ("# site passes that were taken back, one id a line", *listed)
    try:
        replace_file(path, "".join(f"{line}\n" for line in lines).encode())
    except OSError as trouble:
        raise KioskError(f"'{path}' cannot be written: {trouble.strerror}") from None
    return len(listed)
