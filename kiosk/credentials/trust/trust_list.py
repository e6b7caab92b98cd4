"""The public keys that a site trusts, found by scheme, key id and issuer.

Rule 1: pure; `truststore` reads and writes the files.
Rule 2: no key is trusted by being well known: a site imports what it trusts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from kiosk.credentials.formats.signatures import PublicKey


class Purpose(Enum):
    """What a key may sign; the EU's document signers are limited to these (hcert_spec section 5, key usage)."""

    VACCINATION = "vaccination"
    TEST = "test"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One public key of an issuer.

    purposes: empty for any. revoked: identifiers of single credentials that the issuer took back ("rid" or
    "rid.seconds", SMART Health Cards section "Revocation"). certificate: DER, where the chain matters (ICAO).
    listed_at: when the list that names it was imported.
    """

    scheme: str
    issuer: str
    key_id: str
    key: PublicKey = field(repr=False)
    purposes: frozenset[Purpose] = frozenset()
    not_before: datetime | None = None
    not_after: datetime | None = None
    revoked: frozenset[str] = field(default=frozenset(), repr=False)
    certificate: bytes = field(default=b"", repr=False)
    listed_at: datetime | None = None

    def is_for(self, purpose: Purpose) -> bool:
        """Whether the key may sign `purpose`."""
        return not self.purposes or purpose in self.purposes

    def holds_at(self, utc: datetime) -> bool:
        """Whether `utc` lies in the key's own validity."""
        return (self.not_before is None or self.not_before <= utc) and (self.not_after is None or utc <= self.not_after)


class TrustList:
    """All trusted keys of a site, by scheme and key id. max_age: keys out of older lists are refused; None for any."""

    def __init__(self, keys: Iterable[TrustedKey], max_age: timedelta | None = None) -> None:
        self._max_age = max_age
        self._keys: dict[tuple[str, str], tuple[TrustedKey, ...]] = {}
        for key in sorted(keys, key=_listed_s, reverse=True):
            place = (key.scheme, key.key_id)
            self._keys[place] = (*self._keys.get(place, ()), key)

    def renew(self, other: "TrustList") -> None:
        """Trust from now on what `other` trusts, and nothing else."""
        self._keys, self._max_age = other._keys, other._max_age

    def __len__(self) -> int:
        return sum(map(len, self._keys.values()))

    def find(self, scheme: str, key_id: str) -> tuple[TrustedKey, ...]:
        """Every key under `key_id`, that of the newest list first; key ids may collide, so there may be several."""
        return self._keys.get((scheme, key_id), ())

    def is_fresh(self, key: TrustedKey, utc: datetime) -> bool:
        """Whether the list that names `key` is young enough at `utc`."""
        return self._max_age is None or key.listed_at is None or utc - key.listed_at <= self._max_age


def _listed_s(key: TrustedKey) -> float:
    return key.listed_at.timestamp() if key.listed_at else 0.0
