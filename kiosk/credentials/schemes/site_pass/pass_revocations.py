"""Site passes that the office revoked: a file of pass ids, one per line, which is read again whenever it changes.

Rule: while the file cannot be read, every pass is refused. An older list is never used instead.
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
"""Greatest size of the file: enough for a hundred thousand passes with comments."""


class RevokedPasses:
    """The list of revoked passes, as a function of the pass id. The worker for credentials calls it once for each pass.

    Raises:
        KioskError: the file cannot be used, so that a kiosk does not start without its list.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version = _version_of(path)
        self._ids: frozenset[str] | None = read_ids(path)

    def __call__(self, pass_id: str) -> bool:
        """Return True if the pass with the id `pass_id` (hex) is revoked, or if the file cannot be read."""
        version = _version_of(self._path)
        if version != self._version:
            self._version = version
            try:
                self._ids = read_ids(self._path)
            except KioskError as mistake:
                logger.error("every site pass is refused: %s", mistake)  # noqa: TRY400 - the message says it all
                self._ids = None
        return self._ids is None or pass_id in self._ids


def _version_of(path: Path) -> tuple[int, int, int] | None:
    """Return time of change, size and inode of the file, which differ for each version; None without a file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def read_ids(path: Path) -> frozenset[str]:
    """Return the ids in the file, in lower case. Text after `#` is a comment.

    Raises:
        KioskError: the file cannot be read, is too large, or has a line that is not an id; the message names the line.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise KioskError(f"'{path}' is larger than {MAX_FILE_BYTES} bytes")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KioskError(f"'{path}' cannot be read: {error}; make it with 'kiosk pass revoke'") from None
    ids = set()
    for number, line in enumerate(lines, start=1):
        pass_id = line.partition("#")[0].strip().lower()
        if pass_id and not PASS_ID.fullmatch(pass_id):
            raise KioskError(f"'{path}', line {number}: not a pass id of 16 to 32 hexadecimal digits")
        ids.add(pass_id)
    return frozenset(ids - {""})


def revoke(path: Path, pass_ids: Iterable[str]) -> int:
    """Add ids to the file, which is replaced as a whole, and return the number of ids in the new file.

    Raises:
        KioskError: an id is malformed, or the file cannot be read or written.
    """
    added = {pass_id.lower() for pass_id in pass_ids}
    for pass_id in added:
        if not PASS_ID.fullmatch(pass_id):
            raise KioskError(f"'{pass_id}' is not a pass id of 16 to 32 hexadecimal digits")
    listed = sorted(added | (read_ids(path) if path.exists() else frozenset()))
    lines = ("# revoked site passes, one id on each line", *listed)
    try:
        replace_file(path, "".join(f"{line}\n" for line in lines).encode())
    except OSError as error:
        raise KioskError(f"'{path}' cannot be written: {error.strerror}") from None
    return len(listed)
