"""The choice of the bundle: each new one is tried, and taken back if the kiosk does not become ready with it.

Theory: this is the scheme of systems with two boot slots (RAUC, U-Boot's bootcount). Before a start with a new bundle
the attempt is written down. The kiosk erases it when it is ready. A later start that finds `ATTEMPTS` attempts without
that refuses the bundle and goes back to the last one that served. One failed attempt does not refuse it, because the
power may have failed meanwhile.

Rule 1: the note is durable before the bundle is used, so that a kiosk that crashes at once still counts its attempts.
Rule 2: a bundle is refused for good. The office signs a new one with a higher version.
Rule 3: a note that is damaged or lost means that no bundle has served and none was tried.
"""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

from kiosk.fleet.bundles.store import BundleStore, NewestBundle, StoredBundle
from kiosk.support.files import replace_file

ATTEMPTS = 2
MAX_REASON = 200
NEVER_READY = "the kiosk did not become ready with it"


@dataclass(frozen=True, slots=True)
class TrialNote:
    """The note: the bundle that served last, the one that is tried, and the last that was refused, with the reason."""

    served: int = 0
    trying: int = 0
    attempts: int = 0
    refused: int = 0
    reason: str = field(default="", compare=False)


class Trials:
    """Chooses the bundle of a start and remembers the result.

    file: the note; the kiosk must be able to write it. store: the fetched bundles.
    """

    def __init__(self, file: Path, store: BundleStore) -> None:
        self._file = file
        self._store = store
        self.note = self._read()

    def newest(self) -> NewestBundle:
        """Return the state of the store."""
        return self._store.newest()

    def choose(self) -> StoredBundle | None:
        """Return the bundle for this start, and write the attempt down if it is a new one; None for no bundle.

        Raises `OSError` if the attempt cannot be written down; the new bundle must not be used then.
        """
        note = self.note
        newest = self._store.newest().version
        if note.trying and note.attempts >= ATTEMPTS:
            self.refuse(note.trying, NEVER_READY)
        elif note.trying and note.trying != newest:
            self._write(replace(note, trying=0, attempts=0))  # a newer one takes its place
        if bundle := self.waiting():
            attempts = self.note.attempts + 1 if self.note.trying == bundle.version else 1
            self._write(replace(self.note, trying=bundle.version, attempts=attempts))
            return bundle
        return self.last_served()

    def last_served(self) -> StoredBundle | None:
        """Return the bundle that served last, for a start that can write nothing down."""
        return self._store.find(self.note.served)

    def waiting(self) -> StoredBundle | None:
        """Return the newest bundle if it neither served last nor was refused; it waits for a start."""
        newest = self._store.newest().version
        known = (self.note.served, self.note.refused)
        return self._store.find(newest) if newest not in known else None

    def serve(self, version: int) -> None:
        """Note that the kiosk is ready with this bundle, 0 for none. Raises `OSError`."""
        if self.note.trying == version and version:
            self._write(replace(self.note, served=version, trying=0, attempts=0))

    def refuse(self, version: int, reason: str) -> None:
        """Note that this bundle is not to be used again. Raises `OSError`."""
        served = 0 if version == self.note.served else self.note.served
        self._write(TrialNote(served=served, refused=version, reason=reason[:MAX_REASON]))

    def _read(self) -> TrialNote:
        try:
            found = json.loads(self._file.read_bytes())
            numbers = {name: int(found[name]) for name in ("served", "trying", "attempts", "refused")}
            return TrialNote(**numbers, reason=str(found["reason"])[:MAX_REASON])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return TrialNote()

    def _write(self, note: TrialNote) -> None:
        content = {name: getattr(note, name) for name in ("served", "trying", "attempts", "refused", "reason")}
        replace_file(self._file, json.dumps(content).encode(), mode=0o644)
        self.note = note
