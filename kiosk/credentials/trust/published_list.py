"""The result of reading a published list: the keys, and the entries that cannot be used, each with the reason.

Lists of several hundred keys of many countries always hold a few entries that no kiosk can use: a key on another curve,
the certificate of an authority, a certificate that breaks its encoding. Such an entry must not cost the other issuers
their keys, and it must not disappear silently. So every entry of a list ends either in `keys` or in `unusable`.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from kiosk.credentials.trust.revocations import RevokedCredentials
from kiosk.credentials.trust.trust_list import TrustedKey
from kiosk.errors import KioskError

Entry = TypeVar("Entry")
Usable = TypeVar("Usable", TrustedKey, RevokedCredentials)

MALFORMED = (
    UnsupportedAlgorithm,
    csv.Error,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    RecursionError,
    IndexError,
)
"""Errors of the readers and of the library `cryptography` for a malformed document, certificate or key."""


@dataclass(frozen=True, slots=True)
class UnusableKey:
    """An entry of a list that cannot be used. name: its key id or its place in the list. issuer: "" if not known."""

    issuer: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class PublishedList:
    """The content of one file: the keys, the entries that cannot be used, and revoked credentials.

    Iterating the list yields its keys.
    """

    keys: tuple[TrustedKey, ...]
    unusable: tuple[UnusableKey, ...] = ()
    revoked: tuple[RevokedCredentials, ...] = ()

    def __iter__(self) -> Iterator[TrustedKey]:
        return iter(self.keys)


def each(
    entries: Iterable[Entry], read: Callable[[Entry], Usable], named: Callable[[Entry], tuple[str, str]]
) -> Iterator[Usable | UnusableKey]:
    """Yield the key, or the revoked credentials, of each entry, or the reason for which it cannot be used.

    read: returns the content of an entry; it may raise `KioskError` with the reason or an error of a malformed entry.
    named: returns the issuer and the name of an entry; it may fail in the same way.
    """
    for number, entry in enumerate(entries, start=1):
        try:
            yield read(entry)
        except (KioskError, *MALFORMED) as error:
            try:
                issuer, name = named(entry)
            except MALFORMED:
                issuer, name = "", f"entry {number}"
            yield UnusableKey(issuer, name or f"entry {number}", _reason(error))


def member(entry: Any, *names: str) -> str:
    """Return the first of the members `names` that the JSON object `entry` has, as text; "" if it has none of them."""
    return next((str(entry[name]) for name in names if entry.get(name)), "")


def _reason(error: Exception) -> str:
    match error:
        case KioskError() | UnsupportedAlgorithm():
            return str(error)
        case KeyError():
            return f"member {error} is missing or has an unknown value"
        case _:
            return f"entry cannot be read: {error}"
