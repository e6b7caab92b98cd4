"""The forms in which keys of DIVOC's issuers are published: DID documents, and public keys or certificates in PEM."""

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from kiosk.credentials.trust.json_web_keys import usable_key
from kiosk.credentials.trust.published_forms import Entries, PublishedKeys
from kiosk.credentials.trust.published_list import each, member
from kiosk.credentials.trust.trust_list import TrustedKey
from kiosk.errors import KioskError

SCHEME = "divoc"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def from_json(document: object, _issuer: str) -> Entries | None:
    """Return the keys in a DID document; None if `document` is not a DID document."""
    match document:
        case {"verificationMethod": [*methods]} | {"publicKey": [*methods]}:
            return each(methods, _from_did_method, lambda method: ("", member(method, "id")))
    return None


def _from_did_method(method: dict[str, Any]) -> TrustedKey:
    name = str(method["id"])
    if "publicKeyPem" in method:
        key: object = load_pem_public_key(method["publicKeyPem"].encode())
    elif "publicKeyBase58" in method:
        key = Ed25519PublicKey.from_public_bytes(base58(method["publicKeyBase58"]))
    else:
        raise KioskError("key has neither publicKeyPem nor publicKeyBase58")
    return named_key(key, name)


def named_key(key: object, issuer: str) -> TrustedKey:
    """Return `key` as the key of `issuer`, such as "did:india"; raises `KioskError` for a type that no scheme uses."""
    return TrustedKey(SCHEME, issuer, issuer, usable_key(key))


def _from_certificate(certificate: x509.Certificate, issuer: str) -> TrustedKey:
    """Return the key in a certificate, as India publishes it; raises `KioskError` if the issuer is not given."""
    if not issuer:
        raise KioskError("certificate names no DIVOC issuer; give --issuer, such as did:india")
    return named_key(certificate.public_key(), issuer)


def base58(text: str) -> bytes:
    """Decode Bitcoin's base58, in which DID documents write short keys; raises `ValueError` for a wrong character."""
    number = 0
    for character in text[:100]:
        number = number * 58 + BASE58.index(character)
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


KEYS = PublishedKeys(from_json=from_json, from_certificate=_from_certificate, from_public_key=named_key)
