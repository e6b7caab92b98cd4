"""JSON Web Keys (RFC 7517) as trusted keys of SMART Health Cards."""

from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.credentials.formats.safe_parsing import as_text, base64url
from kiosk.credentials.trust.trust_list import TrustedKey
from kiosk.errors import KioskError

SCHEME = "smart_health_card"


def read_keys(keys: Sequence[dict[str, Any]], issuer: str) -> list[TrustedKey]:
    """Every EC signing key of `issuer`; raises KioskError or BadCredential where one cannot be used."""
    return [_key(key, issuer) for key in keys if key.get("kty") == "EC" and key.get("use", "sig") == "sig"]


def _key(jwk: dict[str, Any], issuer: str) -> TrustedKey:
    key_id = as_text(jwk.get("kid"), "kid", 200)
    if jwk.get("crv") != "P-256":
        raise KioskError(f"key {key_id} of {issuer} is not on P-256")
    x, y = (int.from_bytes(base64url(as_text(jwk.get(name), name, 100).encode())) for name in ("x", "y"))
    try:
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError:
        raise KioskError(f"key {key_id} of {issuer} is not a point of P-256") from None
    revoked = frozenset(as_text(entry, "rid", 60) for entry in jwk.get("revoked", ()))
    return TrustedKey(SCHEME, issuer, key_id, key, revoked=revoked)
