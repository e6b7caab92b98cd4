"""The public keys that a site trusts, found by scheme, key id and issuer.

Rule 1: pure; `truststore` reads and writes the files.
Rule 2: no key is trusted by being well known: a site imports what it trusts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from kiosk.credentials.signatures import PublicKey


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

    def is_for(self, purpose: Purpose) -> bool:
        """Whether the key may sign `purpose`."""
        return not self.purposes or purpose in self.purposes

    def holds_at(self, utc: datetime) -> bool:
        """Whether `utc` lies in the key's own validity."""
        return (self.not_before is None or self.not_before <= utc) and (self.not_after is None or utc <= self.not_after)


class TrustList:
    """All trusted keys of a site, by scheme and key id."""

    def __init__(self, keys: Iterable[TrustedKey]) -> None:
        self._keys: dict[tuple[str, str], tuple[TrustedKey, ...]] = {}
        for key in keys:
            place = (key.scheme, key.key_id)
            self._keys[place] = (*self._keys.get(place, ()), key)

    def __len__(self) -> int:
        return sum(map(len, self._keys.values()))

    def find(self, scheme: str, key_id: str, issuer: str | None = None) -> tuple[TrustedKey, ...]:
        """Every key under `key_id`, of `issuer` if one is named; key ids may collide, so there may be several."""
        found = self._keys.get((scheme, key_id), ())
        return tuple(key for key in found if issuer is None or key.issuer == issuer)

    def of(self, scheme: str) -> tuple[TrustedKey, ...]:
        """Every key of `scheme`, in the order of its list."""
        return tuple(key for keys in self._keys.values() for key in keys if key.scheme == scheme)
