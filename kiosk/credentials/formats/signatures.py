"""Verification of the signatures of health credentials, in a time that does not depend on the keys that are known.

An attacker could learn from the time of an answer whether the kiosk knows an issuer: a signature check takes a
measurable time, and without a key there is nothing to check. If no trusted key fits, the same check is therefore done
with a decoy key, and its result is ignored. The decoys are made at start, so that the first unknown issuer costs no
more than the next. (If several trusted keys have the same key id, each of them is tried; such collisions are rare.)

The algorithm comes from the signed header of the credential, never from the key. A key of another type does not fit it,
so a signature can never be checked by an algorithm that the issuer did not use.
"""

from collections.abc import Iterable
from enum import Enum
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | Ed25519PublicKey

MIN_RSA_BITS, MAX_RSA_BITS = 2048, 4096
"""hcert_spec section 3.3.2 demands at least 2048 bits. Keys of more than 4096 bits are not in use and would be slow."""


class Algorithm(Enum):
    """The signature algorithms: ES256 and PS256 of RFC 7518, EdDSA of RFC 8037."""

    ES256 = "ES256"
    PS256 = "PS256"
    EDDSA = "EdDSA"


_SHA256 = SHA256()
_ECDSA = ec.ECDSA(_SHA256)
_PSS = padding.PSS(padding.MGF1(_SHA256), padding.PSS.DIGEST_LENGTH)

_KEY_TYPES: dict[Algorithm, type[PublicKey]] = {
    Algorithm.ES256: ec.EllipticCurvePublicKey,
    Algorithm.PS256: rsa.RSAPublicKey,
    Algorithm.EDDSA: Ed25519PublicKey,
}


def usable(key: object) -> bool:
    """Return True if one of the algorithms can use a key of this type and size."""
    match key:
        case ec.EllipticCurvePublicKey():
            return isinstance(key.curve, ec.SECP256R1)
        case rsa.RSAPublicKey():
            return MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS
        case _:
            return isinstance(key, Ed25519PublicKey)


def signed_by_one_of(keys: Iterable[PublicKey], algorithm: Algorithm, signature: bytes, message: bytes) -> int | None:
    """Return the index in `keys` of the key that made `signature` over `message`; None if none of them did.

    signature: for ES256 the two numbers r and s, 32 bytes each.
    """
    fitting = [(at, key) for at, key in enumerate(keys) if _fits(type(key), algorithm)]
    if not fitting:
        _verifies(_decoy(algorithm), algorithm, signature, message)
        return None
    for at, key in fitting:
        if _verifies(key, algorithm, signature, message):
            return at
    return None


@cache
def _fits(kind: type, algorithm: Algorithm) -> bool:
    """Return True if keys of the class `kind` belong to `algorithm`."""
    return issubclass(kind, _KEY_TYPES[algorithm])


def _verifies(key: Any, algorithm: Algorithm, signature: bytes, message: bytes) -> bool:
    try:
        match algorithm:
            case Algorithm.ES256:
                key.verify(_der_of(signature), message, _ECDSA)
            case Algorithm.PS256:
                key.verify(signature, message, _PSS, _SHA256)
            case _:
                key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _der_of(signature: bytes) -> bytes:
    """Return a raw ES256 signature (RFC 7518 section 3.4) in DER, the form that the library expects.

    Raises:
        InvalidSignature: `signature` is not 64 bytes long.
    """
    if len(signature) != 64:
        raise InvalidSignature
    return encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))


@cache
def _decoy(algorithm: Algorithm) -> PublicKey:
    """Return the key with which an unknown issuer's signature is checked.

    The key is not secret. The modulus of the RSA key is not a product of two primes, because a small board needs
    seconds to make a real RSA key.
    """
    match algorithm:
        case Algorithm.ES256:
            return ec.derive_private_key(2, ec.SECP256R1()).public_key()
        case Algorithm.PS256:
            return rsa.RSAPublicNumbers(65537, 2**MIN_RSA_BITS - 2**1000 + 1).public_key()
        case _:
            return Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()


def prepare_decoys() -> None:
    """Make the decoy keys; called at the start, while no visitor waits."""
    for algorithm in Algorithm:
        _decoy(algorithm)
