"""The forms in which keys of SMART Health Cards are published: JSON Web Key Sets (RFC 7517) and the VCI directory."""

from collections.abc import Iterable, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.credentials.formats.safe_parsing import as_text, base64url
from kiosk.credentials.trust.published_forms import PublishedKeys
from kiosk.credentials.trust.trust_list import TrustedKey
from kiosk.errors import KioskError

SCHEME = "smart_health_card"


def from_json(document: object, issuer: str) -> Iterable[TrustedKey] | None:
    """Return the keys in a snapshot of the VCI directory or in one issuer's key set; None for any other document.

    Raises:
        KioskError: the issuer of a key set is not given, or a key cannot be used.
        BadCredential: a member has the wrong type or length.
    """
    match document:
        case {"issuerInfo": [*entries]}:
            return (key for entry in entries for key in _from_directory(entry))
        case {"keys": [*keys]}:
            if not issuer:
                raise KioskError("key set names no issuer; give its address with --issuer https://...")
            return read_keys(keys, issuer)
    return None


def _from_directory(entry: dict[str, Any]) -> list[TrustedKey]:
    lists = list(entry.get("crls", ()))
    if unknown := [crl for crl in lists if crl.get("method", "rid") != "rid"]:
        raise KioskError(f"revocation list of {entry['issuer']['iss']} has the unknown method '{unknown[0]['method']}'")
    revoked = {crl["kid"]: list(crl["rids"]) for crl in lists}
    keys = [{**key, "revoked": revoked.get(key.get("kid"), [])} for key in entry["keys"]]
    return read_keys(keys, entry["issuer"]["iss"])


def read_keys(keys: Sequence[dict[str, Any]], issuer: str) -> list[TrustedKey]:
    """Return every EC signing key in a key set of `issuer`.

    Raises:
        KioskError: the numbers of a key are not a point of the curve P-256.
        BadCredential: a member has the wrong type or length.
    """
    return [_key(key, issuer) for key in keys if key.get("kty") == "EC" and key.get("use", "sig") == "sig"]


def _key(jwk: dict[str, Any], issuer: str) -> TrustedKey:
    key_id = as_text(jwk.get("kid"), "kid", 200)
    if "d" in jwk:
        raise KioskError(f"key {key_id} of {issuer} is a private key; take it off this machine and give the public one")
    if jwk.get("crv") != "P-256":
        raise KioskError(f"key {key_id} of {issuer} is not on P-256")
    x, y = (int.from_bytes(base64url(as_text(jwk.get(name), name, 100).encode())) for name in ("x", "y"))
    try:
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError:
        raise KioskError(f"key {key_id} of {issuer} is not a point of P-256") from None
    revoked = frozenset(as_text(entry, "rid", 60) for entry in jwk.get("revoked", ()))
    return TrustedKey(SCHEME, issuer, key_id, key, revoked=revoked)


KEYS = PublishedKeys(from_json=from_json)
