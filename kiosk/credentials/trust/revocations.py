"""Credentials that their issuers have revoked, known by digests of 16 bytes.

Two kinds of lists are read. The EU's revocation lists name EU DCCs by the first 128 bits of a SHA-256 (eHealth Network,
"Technical Specifications for EU Digital COVID Certificates", volume 1, 1.1.1): of the certificate's identifier (UCI),
of the country and the identifier, or of the signature. A CRL (RFC 5280 section 5) names the certificates of signers of
ICAO seals by their serial numbers, of which we keep a digest of the same form.

A list may hold a million digests, so they stand sorted in one run of bytes and are looked up by bisection.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from hashlib import sha256

DIGEST_BYTES = 16
"""128 bits, the length to which the EU's lists truncate."""


class RevokedBy(Enum):
    """The text of which a list holds the digests."""

    UCI = "uci"
    COUNTRY_UCI = "country_uci"
    SIGNATURE = "signature"
    SERIAL = "serial"


@dataclass(frozen=True, slots=True)
class RevokedCredentials:
    """The revoked credentials of one issuer.

    key_id: the key that signed them; "" for any key. digests: sorted and joined. issued_at: when the issuer published
    them; None if the list does not say it. crl: the CRL in DER from which they come, until its signature was verified;
    otherwise empty.
    """

    scheme: str
    issuer: str
    key_id: str
    revoked_by: RevokedBy
    digests: bytes = field(repr=False)
    issued_at: datetime | None = None
    crl: bytes = field(default=b"", repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.digests) // DIGEST_BYTES

    def __contains__(self, digest: bytes) -> bool:
        def at(place: int) -> bytes:
            return self.digests[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES]

        place = bisect_left(range(len(self)), digest, key=at)
        return place < len(self) and at(place) == digest


def joined(digests: Iterable[bytes]) -> bytes:
    """Return the digests sorted, each once, in one run of bytes; raises `ValueError` if one has not 16 bytes."""
    ordered = sorted(set(digests))
    if any(len(digest) != DIGEST_BYTES for digest in ordered):
        raise ValueError(f"a digest has not {DIGEST_BYTES} bytes")
    return b"".join(ordered)


def digest_of(text: bytes) -> bytes:
    """Return the digest by which a list names `text`."""
    return sha256(text).digest()[:DIGEST_BYTES]


def digest_of_serial(serial_number: int) -> bytes:
    """Return the digest of a certificate's serial number.

    RFC 5280 section 4.1.2.2 asks for a positive number; a negative one has the digest of its amount."""
    return digest_of(abs(serial_number).to_bytes((serial_number.bit_length() + 7) // 8 or 1))
