"""The public keys that a site trusts, by scheme and key id.

A credential names its signer only by a key id, which is short (8 bytes for the EU DCC) and not protected against
collisions. A look-up therefore returns every key with this id, and the signature decides which of them it is. The same
key may be in several imported lists; the key from the newest list comes first, and the age of that list counts.

Rule 1: this module does no input or output; `trust_files` reads and writes the lists.
Rule 2: no key is trusted by default. A site imports every key that it trusts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from kiosk.credentials.formats.signatures import PublicKey
from kiosk.credentials.trust.revocations import RevokedCredentials


class Purpose(Enum):
    """A kind of credential to which a key can be limited; used by the EU's document signers (hcert_spec section 5)."""

    VACCINATION = "vaccination"
    TEST = "test"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One public key of an issuer.

    purposes: the purposes for which the key may be used; empty for any purpose. not_before, not_after: the validity of
    the key; None for no limit. revoked: identifiers of credentials that the issuer has revoked ("rid" or "rid.seconds",
    SMART Health Cards section "Revocation"). certificate: the certificate of a root (ICAO) in DER; otherwise empty.
    listed_at: the time at which the list with the key was imported.
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
        """Return True if the key may sign credentials of `purpose`."""
        return not self.purposes or purpose in self.purposes

    def holds_at(self, utc: datetime) -> bool:
        """Return True if the key is valid at the time `utc`."""
        return (self.not_before is None or self.not_before <= utc) and (self.not_after is None or utc <= self.not_after)


class TrustList:
    """All trusted keys of a site.

    max_age: the age up to which a key list is fresh; None for no limit. accept_expired: True if a key whose validity
    has ended counts as long as an imported list still contains it. revoked: the credentials that issuers have revoked.
    """

    def __init__(
        self,
        keys: Iterable[TrustedKey],
        max_age: timedelta | None = None,
        *,
        accept_expired: bool = False,
        revoked: Iterable[RevokedCredentials] = (),
    ) -> None:
        self._max_age = max_age
        self._accept_expired = accept_expired
        self._revoked = tuple(revoked)
        self._keys: dict[tuple[str, str], tuple[TrustedKey, ...]] = {}
        newest_first = sorted(keys, key=lambda key: key.listed_at.timestamp() if key.listed_at else 0.0, reverse=True)
        for key in newest_first:
            place = (key.scheme, key.key_id)
            self._keys[place] = (*self._keys.get(place, ()), key)

    def renew(self, other: "TrustList") -> None:
        """Replace the keys and the rules by those of `other`."""
        self._keys, self._max_age, self._accept_expired = other._keys, other._max_age, other._accept_expired
        self._revoked = other._revoked

    def __len__(self) -> int:
        return sum(map(len, self._keys.values()))

    def find(self, scheme: str, key_id: str) -> tuple[TrustedKey, ...]:
        """Return every key of `scheme` with `key_id`, the keys of the newest list first; the result may be empty."""
        return self._keys.get((scheme, key_id), ())

    def revocations(self, scheme: str, key_id: str) -> tuple[RevokedCredentials, ...]:
        """Return the lists of revoked credentials of `scheme` that concern the key with `key_id`."""
        return tuple(found for found in self._revoked if found.scheme == scheme and found.key_id in ("", key_id))

    def accepts(self, key: TrustedKey, utc: datetime) -> bool:
        """Return True if the site accepts signatures of the key at the time `utc`, by its validity."""
        has_begun = key.not_before is None or key.not_before <= utc
        return key.holds_at(utc) or (self._accept_expired and has_begun)

    def is_fresh(self, key: TrustedKey, utc: datetime) -> bool:
        """Return True if the list with `key` is not older than `max_age` at the time `utc`."""
        return self._max_age is None or key.listed_at is None or utc - key.listed_at <= self._max_age
