"""Checking signatures by the algorithms that health credentials use, at a cost that tells nothing about the keys.

Rule 1: an algorithm is named by the caller from the signed header; a key of another type never matches it.
Rule 2: with no key at hand the same work is done with a decoy, so that time does not tell which issuer exists.
"""

from collections.abc import Iterable
from enum import Enum
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | Ed25519PublicKey

MIN_RSA_BITS, MAX_RSA_BITS = 2048, 4096
"""hcert_spec section 3.3.2 asks for 2048 at least; longer ones than 4096 cost a door time and are not in use."""


class Algorithm(Enum):
    """ES256 and PS256 of RFC 7518, EdDSA of RFC 8037."""

    ES256 = "ES256"
    PS256 = "PS256"
    EDDSA = "EdDSA"


def usable(key: object) -> bool:
    """Whether `key` is of a type and size that one of the algorithms takes."""
    match key:
        case ec.EllipticCurvePublicKey():
            return isinstance(key.curve, ec.SECP256R1)
        case rsa.RSAPublicKey():
            return MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS
        case _:
            return isinstance(key, Ed25519PublicKey)


def signed_by_one_of(keys: Iterable[PublicKey], algorithm: Algorithm, signature: bytes, message: bytes) -> int | None:
    """The position of the key that made `signature` over `message`, or None; ES256 signatures are raw r and s."""
    fitting = [(at, key) for at, key in enumerate(keys) if _fits(key, algorithm)]
    if not fitting:
        _verifies(_decoy(algorithm), signature, message)
        return None
    return next((at for at, key in fitting if _verifies(key, signature, message)), None)


def _fits(key: PublicKey, algorithm: Algorithm) -> bool:
    return isinstance(key, _TYPES[algorithm])


_TYPES: dict[Algorithm, type[PublicKey]] = {
    Algorithm.ES256: ec.EllipticCurvePublicKey,
    Algorithm.PS256: rsa.RSAPublicKey,
    Algorithm.EDDSA: Ed25519PublicKey,
}


def _verifies(key: PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        match key:
            case ec.EllipticCurvePublicKey():
                key.verify(_der(signature), message, ec.ECDSA(SHA256()))
            case rsa.RSAPublicKey():
                key.verify(signature, message, padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH), SHA256())
            case _:
                key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _der(signature: bytes) -> bytes:
    """The DER form that the library wants of a raw one (RFC 7518 section 3.4); a wrong length cannot be good."""
    if len(signature) != 64:
        raise InvalidSignature
    return encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))


@cache
def _decoy(algorithm: Algorithm) -> PublicKey:
    """A key that makes an unknown issuer cost what a known one does; what it finds is never used.

    It need not be secret, nor the modulus a product of primes, and to make a real one takes a small board seconds.
    """
    match algorithm:
        case Algorithm.ES256:
            return ec.derive_private_key(2, ec.SECP256R1()).public_key()
        case Algorithm.PS256:
            return rsa.RSAPublicNumbers(65537, 2**MIN_RSA_BITS - 2**1000 + 1).public_key()
        case _:
            return Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()


def prepare_decoys() -> None:
    """Make the decoy keys now, while no visitor waits."""
    for algorithm in Algorithm:
        _decoy(algorithm)
