"""Public keys in the JSON form of RFC 7517: EC keys on P-256 and RSA keys."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from kiosk.credentials.formats.safe_parsing import as_text, base64url
from kiosk.credentials.formats.signatures import PublicKey, usable
from kiosk.errors import KioskError

MAX_NUMBER_CHARACTERS = 1000
"""An RSA modulus of 4096 bits has 683 characters."""


def key_of_jwk(jwk: dict[str, Any]) -> PublicKey:
    """Return the public key in `jwk`.

    A coordinate may have a zero byte in front, as the WHO's list has it; RFC 7518 section 6.2.1.2 asks for 32 bytes.

    Raises:
        KioskError: no scheme uses a key of this type, curve or size, its numbers are no key, or its publisher says that
            it is not for signatures (RFC 7517, sections 4.2 and 4.3).
        BadCredential: a member has the wrong type or length, or is not base64url.
    """
    if (use := jwk.get("use", "sig")) != "sig":
        raise KioskError(f"key is for the use {use!r}, and not for signatures ('sig')")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise KioskError(f"key is for the operations {operations!r}, and not to verify signatures ('verify')")
    match jwk.get("kty"), jwk.get("crv"):
        case "EC", "P-256":
            try:
                x, y = _number(jwk, "x"), _number(jwk, "y")
                return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
            except ValueError:
                raise KioskError("key is not a point of P-256") from None
        case "EC", _:
            raise KioskError("key is not on P-256")
        case "RSA", _:
            return usable_key(rsa.RSAPublicNumbers(_number(jwk, "e"), _number(jwk, "n")).public_key())
        case _:
            raise KioskError("key is neither of type EC nor RSA")


def usable_key(key: object) -> PublicKey:
    """Return `key`; raises `KioskError` if no scheme uses its type and size."""
    if not usable(key):
        raise KioskError("key is neither P-256, RSA of 2048 to 4096 bits nor Ed25519")
    return key  # type: ignore[return-value]  # usable() looked


def _number(jwk: dict[str, Any], name: str) -> int:
    return int.from_bytes(base64url(as_text(jwk.get(name), name, MAX_NUMBER_CHARACTERS).encode()))
