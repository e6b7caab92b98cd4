"""The folder of fetched bundles. The unit that fetches them writes it; the kiosk only reads it.

    tuf/             the signed metadata, as python-tuf keeps it
    bundles/N/       the members of bundle N, unpacked; complete as soon as the folder has this name
    newest.json      the newest bundle for this kiosk, when it was confirmed last, and why it was refused, if it was

Rule 1: a bundle is a folder that is renamed when it is complete; no crash leaves half a bundle under its name.
Rule 2: `newest.json` is replaced as a whole.
Rule 3: the bundle that the kiosk serves with may be any of the last `KEPT`; older ones are deleted.
"""

import json
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kiosk.errors import KioskError
from kiosk.fleet.bundles.archive import OVERLAY, REVOKED, BundleArchive
from kiosk.support.files import replace_file, sync_folder

KEPT = 4
"""The newest, the one that serves, and two that a slow kiosk may still try."""


@dataclass(frozen=True, slots=True)
class NewestBundle:
    """The state of the store.

    version: the newest bundle of this kiosk; 0 if it has none. confirmed_at: when the publisher's signatures said so
    last; None if never. refused: why the newest bundle was not unpacked, or "".
    """

    version: int = 0
    confirmed_at: datetime | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class StoredBundle:
    """A bundle in the store: its version, and the folder with its members."""

    version: int
    folder: Path

    @property
    def overlay(self) -> bytes | None:
        """The content of the overlay; None if there is none. Raises `KioskError` if it cannot be read."""
        try:
            return (self.folder / OVERLAY).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KioskError(f"'{self.folder / OVERLAY}' cannot be read: {error.strerror}", "bundle_refused") from None

    @property
    def texts(self) -> Path:
        """The folder with sentences, which may not exist."""
        return self.folder / "texts"

    @property
    def clips(self) -> Path:
        """The folder with spoken sentences, which may not exist."""
        return self.folder / "clips"

    @property
    def trust(self) -> Path:
        """The folder with key lists, which may not exist."""
        return self.folder / "trust"

    @property
    def revoked(self) -> Path:
        """The file with ids of revoked passes, which may not exist."""
        return self.folder / REVOKED


class BundleStore:
    """The folder of fetched bundles."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bundles = folder / "bundles"
        self._newest = folder / "newest.json"

    def newest(self) -> NewestBundle:
        """Return the state of the store; a store that is empty, damaged or not there has no bundle."""
        try:
            found = json.loads(self._newest.read_bytes())
            at = datetime.fromisoformat(found["confirmed_utc"]) if found["confirmed_utc"] else None
            if at is not None and at.tzinfo is None:
                return NewestBundle()
            return NewestBundle(int(found["version"]), at, str(found["refused"])[:200])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return NewestBundle()

    def confirm(self, newest: NewestBundle) -> None:
        """Write the state of the store. Raises `OSError`."""
        content = {
            "version": newest.version,
            "confirmed_utc": newest.confirmed_at.isoformat() if newest.confirmed_at else "",
            "refused": newest.refused,
        }
        replace_file(self._newest, json.dumps(content, indent=1).encode())

    def find(self, version: int) -> StoredBundle | None:
        """Return the bundle with this version; None if the store does not have it."""
        folder = self._bundles / str(version)
        return StoredBundle(version, folder) if version > 0 and folder.is_dir() else None

    def put(self, archive: BundleArchive) -> StoredBundle:
        """Unpack the bundle, in place of one with the same version, and return it. Raises `OSError`."""
        self._bundles.mkdir(mode=0o755, parents=True, exist_ok=True)
        for left in self._bundles.glob(".new-*"):
            shutil.rmtree(left)
        unpacked = Path(tempfile.mkdtemp(prefix=".new-", dir=self._bundles))
        unpacked.chmod(0o755)
        for name, data in archive.members.items():
            target = unpacked / name
            target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            replace_file(target, data)
        target = self._bundles / str(archive.version)
        if target.exists():
            shutil.rmtree(target)
        unpacked.rename(target)
        sync_folder(self._bundles)
        return StoredBundle(archive.version, target)

    def tidy(self) -> None:
        """Delete all but the last `KEPT` bundles. Raises `OSError`."""
        versions = sorted(int(path.name) for path in self._bundles.glob("*") if path.name.isdigit())
        for version in versions[:-KEPT]:
            shutil.rmtree(self._bundles / str(version))
