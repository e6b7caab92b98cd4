"""Site passes made in the tests, by keys made in the tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.credentials.schemes.site_pass.pass_keys import key_id_of
from kiosk.credentials.schemes.site_pass.pass_text import Claims, PassKind, SignedPass, signed_message, write_text
from kiosk.credentials.schemes.site_pass.site_pass import SitePass
from kiosk.model import WallTime
from kiosk.office.pass_office import sign
from kiosk.office.pass_orders import PassOrder

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
NOON = datetime(2021, 10, 4, 12, 0, tzinfo=UTC)
NOON_UTC_S = 1_633_348_800
SURE = WallTime(NOON, sure=True)
UNSURE = WallTime(NOON, sure=False)

SITE = "bekasi-city-hall"
MONDAY = datetime(2021, 10, 4, 2, 0, tzinfo=UTC)
"""Nine o'clock in Bekasi."""
ORDER = PassOrder(PassKind.STAFF, MONDAY - timedelta(days=1), MONDAY + timedelta(days=30))


def keys(*private: Ed25519PrivateKey) -> dict[bytes, Any]:
    return {key_id_of(key.public_key()): key.public_key() for key in private}


def scheme() -> SitePass:
    return SitePass("bekasi-city-hall", keys(KEY))


def text(
    key: Ed25519PrivateKey = KEY,
    site: str = "bekasi-city-hall",
    kind: PassKind = PassKind.STAFF,
    begins_utc_s: int = NOON_UTC_S - 60,
    ends_utc_s: int = NOON_UTC_S + 60,
) -> bytes:
    claims = Claims(b"\x00\x01\x02\x03\x04\x05\x06\x07", site, kind, begins_utc_s, ends_utc_s)
    return write_text(sign(key, claims)).encode()


def text_of_fields(fields: object, canonical: bool = True) -> bytes:
    return text_of_bytes(cbor2.dumps(fields, canonical=canonical))


def text_of_bytes(claims: bytes) -> bytes:
    """Return a pass with any bytes as its claims and a valid signature, as a faulty office could issue it."""
    key_id = key_id_of(KEY.public_key())
    return write_text(SignedPass(key_id, KEY.sign(signed_message(key_id, claims)), claims)).encode()
