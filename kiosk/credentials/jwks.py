"""JSON Web Key Sets (RFC 7517) as trusted keys of SMART Health Cards."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.credentials.bounds import as_list, as_object, as_text, base64url, json_object
from kiosk.credentials.trust import TrustedKey
from kiosk.errors import BadCredential, KioskError

MAX_KEYS = 5000
SCHEME = "smart_health_card"


def read_jwks(data: bytes, issuer: str) -> list[TrustedKey]:
    """Every P-256 signing key of `issuer`; raises KioskError where the set cannot be read."""
    try:
        keys = as_list(json_object(data).get("keys"), "keys", MAX_KEYS)
        return [_key(as_object(key, "key"), issuer) for key in keys if key.get("kty") == "EC"]
    except BadCredential as bad:
        raise KioskError(f"key set of {issuer}: {bad}") from None


def _key(jwk: dict[str, Any], issuer: str) -> TrustedKey:
    if jwk.get("crv") != "P-256":
        raise BadCredential("key is not on P-256")
    x, y = (int.from_bytes(base64url(as_text(jwk.get(name), name, 100).encode())) for name in ("x", "y"))
    try:
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError:
        raise BadCredential("key is not a point of P-256") from None
    revoked = frozenset(as_text(rid, "rid", 60) for rid in as_list(jwk.get("revoked", []), "revoked", MAX_KEYS))
    return TrustedKey(SCHEME, issuer, as_text(jwk.get("kid"), "kid", 200), key, revoked=revoked)
