"""The text of a site pass: its parts, their order, and its only valid encoding.

    "KP1:" + base45( key id, 8 bytes | signature, 64 bytes | claims, canonical CBOR )

Base45 (RFC 9285) uses only the QR code's alphanumeric set, so a pass fits a small code (version 7, 45 x 45 modules).
The Ed25519 signature (RFC 8032) is made over `CONTEXT`, the key id and the claims. Key id and signature have fixed
positions, so that the signature can be verified before anything signed is decoded.

Rule 1: each pass has exactly one text. Claims that do not encode back to the same bytes are refused (RFC 8949 section
    4.2.1: shortest integers, sorted keys, no key twice, definite lengths, no bytes after the end).
Rule 2: a pass holds no personal data: only a random id, the site, the kind, the dates and the restrictions.
Rule 3: this module has no keys and no clock; the module `site_pass` judges passes, and `pass_office` issues them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import cbor2

from kiosk.credentials.formats import base45
from kiosk.errors import BadCredential
from kiosk.model import PassUse

PREFIX = b"KP1:"
CONTEXT = b"kiosk site pass 1\x00"
"""The beginning of every signed message, so that a signature made for another purpose is never valid for a pass."""

KEY_ID_BYTES = 8
SIGNATURE_BYTES = 64
"""Length of an Ed25519 signature (RFC 8032 section 5.1.6)."""
MAX_CLAIMS_BYTES = 128
MAX_TEXT_BYTES = len(PREFIX) + (KEY_ID_BYTES + SIGNATURE_BYTES + MAX_CLAIMS_BYTES) // 2 * 3
"""Greatest length of the text: Base45 turns two bytes into three characters."""

LAST_SECOND_UTC = 253_402_300_799
"""The last second of the year 9999, the last one that Python's `datetime` can represent."""

PASS_ID, SITE, KIND, VALID_FROM, VALID_UNTIL, WEEKDAYS, AREAS, USE = range(1, 9)
KNOWN_FIELDS = frozenset({PASS_ID, SITE, KIND, VALID_FROM, VALID_UNTIL, WEEKDAYS, AREAS, USE})
"""Numbers of the claims that this version knows. Any other claim is a restriction that it cannot apply."""

Fields = dict[int, int | str | bytes]

EVERY_DAY = 127
USES = {0: PassUse.UNLIMITED, 1: PassUse.ONCE_A_DAY, 2: PassUse.SINGLE}
"""The number of uses that a pass allows, by the number in the claim `USE`; a pass without a limit has no such claim."""

AREA_SEPARATOR = ","


class PassKind(Enum):
    """The group of people for whom a pass is made; the value is part of the pass."""

    STAFF = 1
    INVITED = 2


@dataclass(frozen=True, slots=True)
class SignedPass:
    """The three parts of a pass; `claims` may be decoded only after the signature was verified."""

    key_id: bytes
    signature: bytes = field(repr=False)
    claims: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claims:
    """The content of a pass.

    pass_id: 8 to 16 random bytes. valid_from_utc_s, valid_until_utc_s: Unix seconds; at the second one, the pass is
    no longer valid.
    weekdays: the sum of Monday 1, Tuesday 2, Wednesday 4 and so on. areas: names of areas; empty means every area.
    use: how often the pass may be used.
    """

    pass_id: bytes = field(repr=False)
    site: str
    kind: PassKind
    valid_from_utc_s: int
    valid_until_utc_s: int
    weekdays: int = EVERY_DAY
    areas: tuple[str, ...] = ()
    use: PassUse = PassUse.UNLIMITED


def write_text(signed: SignedPass) -> str:
    """Return the text of a pass, as it is in the QR code."""
    return (PREFIX + base45.encode(signed.key_id + signed.signature + signed.claims)).decode("ascii")


def read_text(data: bytes) -> SignedPass:
    """Return the parts of a pass; the claims are not decoded.

    Raises:
        BadCredential: the text is too long or too short, has another prefix, or is not base45.
    """
    if len(data) > MAX_TEXT_BYTES or not data.startswith(PREFIX):
        raise BadCredential(f"a pass begins with {PREFIX.decode()} and has at most {MAX_TEXT_BYTES} characters")
    packed = base45.decode(data[len(PREFIX) :])
    if len(packed) <= KEY_ID_BYTES + SIGNATURE_BYTES:
        raise BadCredential(f"{len(packed)} bytes are too few for a key id, a signature and claims")
    rest = packed[KEY_ID_BYTES:]
    return SignedPass(packed[:KEY_ID_BYTES], rest[:SIGNATURE_BYTES], rest[SIGNATURE_BYTES:])


def signed_message(key_id: bytes, claims: bytes) -> bytes:
    """Return the bytes that are signed: context, key id and claims."""
    return CONTEXT + key_id + claims


def write_claims(claims: Claims) -> bytes:
    """Return the claims as canonical CBOR."""
    fields: Fields = {
        PASS_ID: claims.pass_id,
        SITE: claims.site,
        KIND: claims.kind.value,
        VALID_FROM: claims.valid_from_utc_s,
        VALID_UNTIL: claims.valid_until_utc_s,
    }
    if claims.weekdays != EVERY_DAY:
        fields[WEEKDAYS] = claims.weekdays
    if claims.areas:
        fields[AREAS] = AREA_SEPARATOR.join(claims.areas)
    if claims.use is not PassUse.UNLIMITED:
        fields[USE] = next(number for number, use in USES.items() if use is claims.use)
    return cbor2.dumps(fields, canonical=True)


def read_fields(data: bytes) -> Fields:
    """Decode claims whose signature was verified.

    Raises:
        BadCredential: `claims` is not a map of whole numbers to numbers, texts or bytes, or not canonical CBOR.
    """
    try:
        fields = cbor2.loads(data)
    except cbor2.CBORDecodeError:
        raise BadCredential("the claims are not CBOR") from None
    if type(fields) is not dict or not all(
        type(key) is int and type(value) in (int, str, bytes) for key, value in fields.items()
    ):
        raise BadCredential("the claims are not a plain map")
    if cbor2.dumps(fields, canonical=True) != data:
        raise BadCredential("the claims are not in their one exact encoding")
    return fields


def read_claims(fields: Mapping[int, int | str | bytes]) -> Claims:
    """Return the claims in `fields`.

    Raises:
        BadCredential: a field is missing, of the wrong type, or out of its range.
    """
    match [fields.get(name) for name in (PASS_ID, SITE, KIND, VALID_FROM, VALID_UNTIL)]:
        case [bytes(pass_id), str(site), 1 | 2 as kind, int(begins), int(ends)]:
            pass
        case _:
            raise BadCredential("a claim is missing or of the wrong type")
    if not 8 <= len(pass_id) <= 16 or not 0 <= begins < ends <= LAST_SECOND_UTC:
        raise BadCredential("a claim is out of its range")
    match [fields.get(WEEKDAYS, EVERY_DAY), fields.get(AREAS, ""), fields.get(USE, 0)]:
        case [int(weekdays), str(areas), int(use)] if 1 <= weekdays <= EVERY_DAY and use in USES:
            names = tuple(areas.split(AREA_SEPARATOR)) if areas else ()
            return Claims(pass_id, site, PassKind(kind), begins, ends, weekdays, names, USES[use])
    raise BadCredential("weekdays, areas or use are of the wrong type or out of their range")
