"""The archive of a bundle: a ZIP file with a few named members.

    bundle.json          {"version": 7}
    overlay.yaml         settings that are laid over the kiosk's own file
    texts/LANGUAGE.yaml  sentences that take the place of the installed ones
    clips/…              spoken sentences with their manifest, as `kiosk voice render` makes them
    trust/NAME.json      key lists, as `kiosk trust import` writes them
    revoked.txt          ids of revoked site passes, one on a line

Rule 1: every member is optional except the first. Any other name refuses the archive: a kiosk that does not know a
member must not report that it has taken over the bundle.
Rule 2: sizes are counted while a member is read; the sizes that the archive states are not used.
"""

import io
import json
import re
import warnings
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.errors import KioskError

MAX_BYTES = 64 << 20
"""Greatest size of all members together; the largest public key list, of 1000 certificates, has 2 MB."""

MAX_ARCHIVE_BYTES = 16 << 20
MAX_MEMBERS = 1000
"""The clips of two languages are about 260 files of 15 MB, which the archive packs to two thirds."""

MANIFEST = "bundle.json"
OVERLAY = "overlay.yaml"
REVOKED = "revoked.txt"
_MEMBER = re.compile(
    r"bundle\.json|overlay\.yaml|revoked\.txt|texts/[A-Za-z0-9-]{2,11}\.yaml|trust/[a-z0-9_.-]{1,90}\.json"
    r"|clips/manifest\.json|clips/[A-Za-z0-9-]{2,11}/[a-z0-9_.-]{1,90}\.wav"
)

_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError, UserWarning,
)  # fmt: skip
"""The exceptions that `zipfile` raises for archives that are damaged, encrypted or packed in another way."""


@dataclass(frozen=True, slots=True)
class BundleArchive:
    """The content of an archive: its version, and each other member by its name."""

    version: int
    members: dict[str, bytes] = field(repr=False)


def unpack(data: bytes) -> BundleArchive:
    """Return the content of an archive. Raises `KioskError` if it is not the archive of a bundle."""
    if len(data) > MAX_ARCHIVE_BYTES:
        raise _refused(f"is larger than {MAX_ARCHIVE_BYTES >> 20} MiB")
    try:
        with warnings.catch_warnings(), zipfile.ZipFile(io.BytesIO(data)) as archive:
            warnings.simplefilter("error", UserWarning)  # Python 3.13 warns of members that overlap
            members = _members(archive)
    except _DAMAGE as error:
        raise _refused(f"cannot be unpacked ({error})") from None
    return BundleArchive(_version(members.pop(MANIFEST, b"")), members)


def pack(folder: Path, version: int) -> bytes:
    """Return the archive of the members in `folder`; equal members give equal bytes.

    Raises:
        KioskError: the folder holds nothing or another file, or a file cannot be read.
    """
    paths = sorted(path for path in folder.rglob("*") if not path.is_dir())
    names = [path.relative_to(folder).as_posix() for path in paths]
    for name in names:
        if not _MEMBER.fullmatch(name) or name == MANIFEST:
            raise KioskError(
                f"'{folder / name}' has no place in a bundle; allowed are overlay.yaml, texts/LANGUAGE.yaml, "
                "clips/, trust/NAME.json and revoked.txt; move it out of the folder"
            )
    if not names:
        raise KioskError(
            f"'{folder}' holds nothing for a bundle; write overlay.yaml, texts/, clips/, trust/ or revoked.txt there"
        )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        _add(archive, MANIFEST, json.dumps({"version": version}).encode())
        for name, path in zip(names, paths, strict=True):
            try:
                _add(archive, name, path.read_bytes())
            except OSError as error:
                raise KioskError(f"'{path}' cannot be read: {error.strerror}") from None
    unpack(out.getvalue())  # the kiosks' own limits
    return out.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name)  # with a fixed time, so that equal members give equal bytes
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


def _members(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MAX_MEMBERS:
        raise _refused(f"has {len(entries)} members; at most {MAX_MEMBERS} are allowed")
    members: dict[str, bytes] = {}
    left = MAX_BYTES
    for entry in entries:
        if not _MEMBER.fullmatch(entry.filename) or entry.filename in members:
            raise _refused(f"has the member {entry.filename[:80]!r}, which is unknown or there twice")
        with archive.open(entry) as file:
            members[entry.filename] = file.read(left + 1)
        left -= len(members[entry.filename])
        if left < 0:
            raise _refused(f"holds more than {MAX_BYTES >> 20} MiB")
    return members


def _version(manifest: bytes) -> int:
    try:
        version = json.loads(manifest)["version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        version = None
    if type(version) is not int or not 0 < version < 1 << 31:
        raise _refused(f"has no {MANIFEST} with a version from 1 to {(1 << 31) - 1}")
    return version


def _refused(problem: str) -> KioskError:
    return KioskError(f"the bundle {problem}; make it again with 'kiosk bundle make'", "bundle_refused")
