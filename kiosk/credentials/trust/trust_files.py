"""The folder of imported key lists: one JSON file for each list, replaced as a whole and atomically.

Rule 1: a file that cannot be read is an error. An older list, or a part of a list, is never used instead.
Rule 2: a file that every user of the machine can change is not trusted.
"""

import base64
import json
import re
import stat
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from kiosk.credentials.trust.published_forms import MAX_FILE_BYTES
from kiosk.credentials.trust.revocations import DIGEST_BYTES, RevokedBy, RevokedCredentials
from kiosk.credentials.trust.trust_list import Purpose, TrustedKey, TrustList
from kiosk.errors import KioskError
from kiosk.support.files import replace_file

VERSION = 1
_NAME = re.compile(r"[a-z0-9-]{1,40}\Z")
_SCHEME = re.compile(r"[a-z0-9_]{1,40}\Z")


@dataclass(frozen=True, slots=True)
class KeyList:
    """One imported list: all keys of one scheme from one source, or the credentials that one issuer revoked.

    `name` distinguishes lists of the same scheme."""

    scheme: str
    name: str
    imported_at: datetime
    keys: tuple[TrustedKey, ...]
    revoked: tuple[RevokedCredentials, ...] = ()

    @property
    def file_name(self) -> str:
        """The name of the file of this list in the folder."""
        return f"{self.scheme}.{self.name}.json"


def write_list(folder: Path, keys: KeyList) -> Path:
    """Write the list, replacing a list with the same scheme and name, and return the path of its file.

    Raises:
        KioskError: the name is not allowed or the file cannot be written; the old list is then unchanged.
    """
    if not _NAME.match(keys.name) or not _SCHEME.match(keys.scheme):
        raise KioskError(f"list '{keys.name}' of '{keys.scheme}' is not named by 1 to 40 of a-z, 0-9 and '-'")
    target = folder / keys.file_name
    content = {
        "version": VERSION,
        "scheme": keys.scheme,
        "name": keys.name,
        "imported_utc": keys.imported_at.isoformat(),
        "keys": [_key_as_json(key) for key in keys.keys],
        "revoked": [_revoked_as_json(revoked) for revoked in keys.revoked],
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(target, json.dumps(content, indent=1, sort_keys=True).encode())
    except OSError as error:
        raise KioskError(
            f"'{target}' cannot be written: {error.strerror}; use sudo if the folder belongs to root"
        ) from None
    return target


def read_lists(folder: Path, schemes: Collection[str]) -> list[KeyList]:
    """Return every list in `folder`; if the folder does not exist, return an empty list.

    schemes: the names of the schemes to which a list may belong.

    Raises:
        KioskError: one or more files cannot be used; the message names each of them.
    """
    lists, mistakes = read_good_lists(folder, schemes)
    if mistakes:
        raise KioskError("\n".join(mistakes))
    return lists


def read_good_lists(folder: Path, schemes: Collection[str]) -> tuple[list[KeyList], list[str]]:
    """Return the lists in `folder` that can be used, and a message for each file that cannot; see `read_lists`.

    An import uses it, so that a file that cannot be used can be replaced. No credential is judged by such a part.
    """
    lists, mistakes = [], []
    for path in sorted(folder.glob("*.json")):
        try:
            lists.append(_read(path, schemes))
        except KioskError as error:
            mistakes.append(str(error))
    return lists, mistakes


def trust_of(lists: list[KeyList], max_age: timedelta | None, *, accept_expired: bool = False) -> TrustList:
    """Return the keys of all lists as one trust list; each key gets the time at which its list was imported."""
    dated = (replace(key, listed_at=keys.imported_at) for keys in lists for key in keys.keys)
    revoked = (found for keys in lists for found in keys.revoked)
    return TrustList(dated, max_age, accept_expired=accept_expired, revoked=revoked)


def _read(path: Path, schemes: Collection[str]) -> KeyList:
    try:
        found = path.stat()
        if found.st_size > MAX_FILE_BYTES or found.st_mode & stat.S_IWOTH:
            raise KioskError(f"'{path}' is too large or can be changed by every user; import it again, 'chmod o-w' it")
        made = _from_json(json.loads(path.read_bytes()), schemes)
    except OSError as error:
        raise KioskError(f"'{path}' cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise KioskError(
            f"'{path}' is not a key list of this kiosk; import it again with 'kiosk trust import'"
        ) from None
    if made.file_name != path.name:
        raise KioskError(f"'{path}' holds the list '{made.file_name}'; import it again with 'kiosk trust import'")
    return made


def _key_as_json(key: TrustedKey) -> dict[str, Any]:
    spki = key.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    members: dict[str, Any] = {
        "issuer": key.issuer,
        "key_id": key.key_id,
        "spki": base64.b64encode(spki).decode(),
        "purposes": sorted(purpose.value for purpose in key.purposes),
        "not_before": key.not_before.isoformat() if key.not_before else "",
        "not_after": key.not_after.isoformat() if key.not_after else "",
        "revoked": sorted(key.revoked),
        "certificate": base64.b64encode(key.certificate).decode(),
    }
    return {name: value for name, value in members.items() if value}


def _revoked_as_json(revoked: RevokedCredentials) -> dict[str, Any]:
    members = {
        "issuer": revoked.issuer,
        "key_id": revoked.key_id,
        "revoked_by": revoked.revoked_by.value,
        "digests": base64.b64encode(revoked.digests).decode(),
    }
    return members | ({"issued_utc": revoked.issued_at.isoformat()} if revoked.issued_at else {})


def _from_json(found: dict[str, Any], schemes: Collection[str]) -> KeyList:
    if found["version"] != VERSION or found["scheme"] not in schemes or not _NAME.match(found["name"]):
        raise ValueError("version, scheme or name")
    imported_at = datetime.fromisoformat(found["imported_utc"])
    if imported_at.tzinfo is None:
        raise ValueError("imported_utc")
    scheme: str = found["scheme"]
    keys = tuple(_key_from_json(scheme, key) for key in found["keys"])
    revoked = tuple(_revoked_from_json(scheme, entry) for entry in found.get("revoked", ()))
    return KeyList(scheme, found["name"], imported_at, keys, revoked)


def _key_from_json(scheme: str, found: dict[str, Any]) -> TrustedKey:
    if not isinstance(found["key_id"], str):
        raise TypeError("key_id")
    return TrustedKey(
        scheme,
        found.get("issuer", ""),
        found["key_id"],
        load_der_public_key(base64.b64decode(found["spki"])),  # type: ignore[arg-type]  # written by _key_as_json
        frozenset(map(Purpose, found.get("purposes", ()))),
        _moment(found.get("not_before")),
        _moment(found.get("not_after")),
        frozenset(found.get("revoked", ())),
        base64.b64decode(found.get("certificate", "")),
    )


def _revoked_from_json(scheme: str, found: dict[str, Any]) -> RevokedCredentials:
    digests = base64.b64decode(found["digests"])
    if len(digests) % DIGEST_BYTES:
        raise ValueError("digests")
    revoked_by, issued_at = RevokedBy(found["revoked_by"]), _moment(found.get("issued_utc"))
    return RevokedCredentials(scheme, found["issuer"], found["key_id"], revoked_by, digests, issued_at)


def _moment(text: str | None) -> datetime | None:
    moment = datetime.fromisoformat(text) if text else None
    if moment and moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment
