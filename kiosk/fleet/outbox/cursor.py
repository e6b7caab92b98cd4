"""The place up to which rows are confirmed, in a file beside the journal.

The file is written at most every WRITE_S seconds and at the end, because each write wears the memory card. A place that
is too old, lost or damaged only makes the kiosk send rows again, which the database already has and leaves out.
"""

import json
import logging
from pathlib import Path

from kiosk.journal.portions import START, Place
from kiosk.support.files import replace_file

logger = logging.getLogger(__name__)

WRITE_S = 300.0


class CursorFile:
    """The file `path` with a place. Errors of the disk are logged and do no other harm."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: Place | None = None
        self._written_at_s = float("-inf")

    def load(self) -> Place:
        """Return the stored place; the place before the first row if there is none that can be used."""
        try:
            row, boot, seq = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return START
        except (OSError, ValueError, TypeError, RecursionError) as error:
            logger.warning("%s cannot be used (%s); all rows are sent again", self._path, error)
            return START
        if type(row) is not int or type(seq) is not int or not isinstance(boot, str) or row < 0:
            logger.warning("%s has no place of a row; all rows are sent again", self._path)
            return START
        self._written = Place(row, boot, seq)
        return self._written

    def store(self, place: Place, now_s: float, *, at_once: bool = False) -> None:
        """Write `place` if it changed and the last write was long ago; with `at_once`, if it changed."""
        if place == self._written or (now_s - self._written_at_s < WRITE_S and not at_once):
            return
        self._written_at_s = now_s
        try:
            replace_file(self._path, json.dumps([place.id, place.boot, place.seq]).encode(), mode=0o600)
        except OSError as error:
            logger.warning("%s cannot be written: %s", self._path, error.strerror)
        else:
            self._written = place
