"""`kiosk trust import`: reads a published list and stores its keys, and reports what became of every entry."""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509

from kiosk.credentials.formats.signatures import PublicKey
from kiosk.credentials.judging.table import key_readers, schemes_with_keys
from kiosk.credentials.trust.published_forms import MAX_FILE_BYTES, plain_text, read_signer, read_trusted_keys
from kiosk.credentials.trust.published_list import UnusableKey
from kiosk.credentials.trust.revocations import RevokedBy, RevokedCredentials
from kiosk.credentials.trust.signed_list import demand_signature
from kiosk.credentials.trust.trust_files import KeyList, read_good_lists, write_list
from kiosk.credentials.trust.trust_list import TrustedKey
from kiosk.errors import KioskError, printable
from kiosk.office.list_proof import demand_proof, is_signed_document, read_contexts

STANDARD_INPUT = Path("-")
MAX_NAMES = 100
"""Greatest number of entries that the report names for one reason; `--json` names all of them."""


@dataclass(frozen=True, slots=True)
class StoredList:
    """One list that was written: its keys by their state at the time of the import, and the change.

    revoked: number of credentials that the list revokes; such a list has no keys. batches: number of entries of the
    published list from which they come. removed: number of keys that the list before had and this one has not. is_new:
    True if there was no list before.
    """

    scheme: str
    name: str
    file: str
    usable: tuple[TrustedKey, ...]
    expired: tuple[TrustedKey, ...]
    not_yet_valid: tuple[TrustedKey, ...]
    is_new: bool
    added: int = 0
    removed: int = 0
    revoked: int = 0
    batches: int = 0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The fate of every entry of a published list."""

    lists: tuple[StoredList, ...]
    unusable: tuple[UnusableKey, ...]

    @property
    def entries(self) -> int:
        """The number of entries in the published list."""
        kept = sum(
            len(found.usable) + len(found.expired) + len(found.not_yet_valid) + found.batches for found in self.lists
        )
        return kept + len(self.unusable)

    def text(self) -> str:
        """Return the report for the technician."""
        lines = [f"{self.entries} entries read"]
        for found in self.lists:
            lines += _list_lines(found)
        by_reason: dict[str, list[UnusableKey]] = {}
        for entry in self.unusable:
            by_reason.setdefault(entry.reason, []).append(entry)
        for reason, entries in sorted(by_reason.items()):
            lines.append(f"not usable, {len(entries)}: {reason}")
            lines += [f"  {names}" for names in _names(entries)]
        lines.append("a running kiosk uses the keys from the next code on")
        return "\n".join(map(printable, lines))

    def json(self) -> str:
        """Return the report for programs."""
        lists: list[dict[str, Any]] = []
        for found in self.lists:
            states = {"usable": found.usable, "expired": found.expired, "not_yet_valid": found.not_yet_valid}
            counts = {state: {"keys": len(keys), "by_issuer": _by_issuer(keys)} for state, keys in states.items()}
            change = {"is_new": found.is_new, "added": found.added, "removed": found.removed, "revoked": found.revoked}
            lists.append({"scheme": found.scheme, "name": found.name, "file": found.file, **counts, **change})
        unusable = [asdict(entry) for entry in self.unusable]
        return json.dumps({"entries": self.entries, "lists": lists, "unusable": unusable}, indent=1)


def import_list(
    file: Path,
    folder: Path,
    now_utc: datetime,
    scheme: str = "",
    issuer: str = "",
    name: str = "main",
    signer: Path | None = None,
    contexts: list[str] | None = None,
    *,
    allow_older: bool = False,
) -> ImportReport:
    """Import the published list in `file` into `folder`; a list with the same scheme and name is replaced as a whole.

    If the file holds keys of several schemes, each scheme gets a list of its own. Entries that cannot be used are left
    out and reported.

    file: "-" is the standard input. scheme, issuer: given by the technician if the file itself does not name them;
    otherwise "". signer: the file with the key of the list's publisher; None: no signature of the list is verified.
    contexts: the JSON-LD context files for that signature, each as ADDRESS=FILE. allow_older: True if a CRL may
    replace a newer one.

    Raises:
        KioskError: the file has no usable key or not the publisher's signature, or it is a CRL that is older than the
            stored one; the folder is then unchanged. Or a list cannot be written.
    """
    data = _read(file)
    if signer:
        _demand_signer(plain_text(data), read_signer(_read(signer)), contexts or [])
    published = read_trusted_keys(data, key_readers(), scheme, issuer)
    readable, _ = read_good_lists(folder, schemes_with_keys())  # a list that cannot be read is replaced, too
    before = {entry.file_name: entry for entry in readable}
    imported_at = now_utc.replace(microsecond=0)
    revocations = _revocation_lists(published.revoked, before, name, imported_at, allow_older=allow_older)
    lists = [
        KeyList(found, name, imported_at, tuple(key for key in published.keys if key.scheme == found))
        for found in dict.fromkeys(key.scheme for key in published.keys)
    ]
    stored = [_store(folder, after, before.get(after.file_name), now_utc) for after in (*lists, *revocations)]
    return ImportReport(tuple(stored), published.unusable)


def _revocation_lists(
    revoked: Iterable[RevokedCredentials],
    before: Mapping[str, KeyList],
    name: str,
    imported_at: datetime,
    *,
    allow_older: bool,
) -> list[KeyList]:
    """Return one list for each issuer of `revoked`. before: the stored lists by the names of their files.

    Raises `KioskError` if no imported root signed a CRL, or if a CRL is older than the stored one and must not be.
    """
    roots = [key for keys in before.values() for key in keys.keys]
    lists = [
        KeyList(own[0].scheme, f"{name}-revoked-{_revoker_in_name(own[0])}", imported_at, (), own)
        for own in _by_country(revoked, roots)
    ]
    if not allow_older:
        for after in lists:
            _demand_newer(after, before.get(after.file_name))
    return lists


def _demand_newer(after: KeyList, before: KeyList | None) -> None:
    """Raise `KioskError` if the issuer published the stored list later: its newest revocations would be lost."""
    new = max((found.issued_at for found in after.revoked if found.issued_at), default=None)
    old = max((found.issued_at for found in before.revoked if found.issued_at), default=None) if before else None
    if new and old and new < old:
        raise KioskError(
            f"the CRL of '{after.revoked[0].key_id}' is of {new:%Y-%m-%d %H:%M} UTC, and the imported one is of "
            f"{old:%Y-%m-%d %H:%M} UTC; fetch the newest one, or give --older to go back to this one"
        )


def _demand_signer(text: bytes, signer: PublicKey, contexts: list[str]) -> None:
    if is_signed_document(text):
        demand_proof(text, signer, read_contexts(contexts))
    else:
        demand_signature(text, signer)


def _by_country(
    revoked: Iterable[RevokedCredentials], roots: list[TrustedKey]
) -> Iterator[tuple[RevokedCredentials, ...]]:
    """Yield the revoked credentials of each issuer; raises `KioskError` if no trusted root signed a CRL."""
    by_issuer: dict[tuple[str, str], list[RevokedCredentials]] = {}
    for found in revoked:
        if found.crl:
            _demand_root(found, roots)
        place = found.scheme, _revoker_in_name(found)
        by_issuer.setdefault(place, []).append(replace(found, crl=b""))
    yield from map(tuple, by_issuer.values())


def _revoker_in_name(revoked: RevokedCredentials) -> str:
    """Return the end of the list's name: the country, which some write in small letters.

    A country can have several authorities with a CRL each, so eight digits of the authority's name follow for a CRL.
    """
    country = re.sub("[^a-z0-9]+", "", revoked.issuer.lower())
    by_authority = revoked.revoked_by is RevokedBy.SERIAL
    return f"{country}-{sha256(revoked.key_id.encode()).hexdigest()[:8]}" if by_authority else country


def _demand_root(revoked: RevokedCredentials, roots: list[TrustedKey]) -> None:
    crl = x509.load_der_x509_crl(revoked.crl)
    keys = [root.key for root in roots if (root.scheme, root.key_id) == (revoked.scheme, revoked.key_id)]
    if not any(crl.is_signature_valid(key) for key in keys):
        raise KioskError(
            f"the CRL of '{revoked.key_id}' is signed by none of the {len(keys)} imported roots with this name; import "
            "the root certificate of this authority first"
        )


def _read(file: Path) -> bytes:
    """Return the content of the file, or of the standard input."""
    try:
        if file == STANDARD_INPUT:
            return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        with file.open("rb") as opened:
            return opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise KioskError(f"'{file}' cannot be read: {error.strerror}") from None


def _store(folder: Path, after: KeyList, before: KeyList | None, now_utc: datetime) -> StoredList:
    """Write the list `after` in the place of `before`, and return what changed. Raises `KioskError`."""
    target = str(write_list(folder, after))
    if after.revoked:
        revoked, batches = sum(map(len, after.revoked)), len(after.revoked)
        return StoredList(after.scheme, after.name, target, (), (), (), before is None, 0, 0, revoked, batches)
    new, old = ({(key.issuer, key.key_id) for key in keys} for keys in (after.keys, before.keys if before else ()))
    ended = tuple(key for key in after.keys if key.not_after is not None and key.not_after < now_utc)
    return StoredList(
        after.scheme,
        after.name,
        target,
        tuple(key for key in after.keys if key.holds_at(now_utc)),
        ended,
        tuple(key for key in after.keys if not key.holds_at(now_utc) and key not in ended),
        before is None,
        len(new - old),
        len(old - new),
    )


def _list_lines(found: StoredList) -> Iterator[str]:
    if found.batches:
        change = "a new list" if found.is_new else "it replaces the list of this issuer"
        yield f"{found.scheme} '{found.name}': {found.revoked} revoked certificates; {change}"
        yield f"  written to {found.file}"
        return
    issuers = len({key.issuer for key in found.usable})
    change = "a new list" if found.is_new else f"{found.added} new, {found.removed} no longer trusted"
    yield f"{found.scheme} '{found.name}': {len(found.usable)} keys of {issuers} issuers can be used now; {change}"
    if not found.usable:
        yield "  WARNING: no key can be used now; every credential of this list is refused"
    states = (("usable now", found.usable), ("expired", found.expired), ("not yet valid", found.not_yet_valid))
    for state, keys in states:
        if keys:
            yield f"  {state}, {len(keys)}: {', '.join(f'{issuer} {n}' for issuer, n in _by_issuer(keys).items())}"
    if found.expired:
        yield "  (credentials.trust.expired_keys decides about credentials that an expired key signed)"
    yield f"  written to {found.file}"


def _by_issuer(keys: Iterable[TrustedKey | UnusableKey]) -> dict[str, int]:
    return dict(sorted(Counter(key.issuer or "(no issuer)" for key in keys).items()))


def _names(entries: list[UnusableKey]) -> Iterator[str]:
    """Yield a line for each issuer with the names of its entries, at most `MAX_NAMES` in all."""
    by_issuer: dict[str, list[str]] = {}
    for entry in entries[:MAX_NAMES]:
        by_issuer.setdefault(entry.issuer or "(no issuer)", []).append(entry.name)
    for issuer, names in sorted(by_issuer.items()):
        yield f"{issuer}: {', '.join(names)}"
    if len(entries) > MAX_NAMES:
        yield f"and {len(entries) - MAX_NAMES} more; --json names all"
