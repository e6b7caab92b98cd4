from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.credentials.trust.published_forms import PublishedKeys
from kiosk.credentials.trust.trust_list import TrustedKey


def from_json(document: object, _issuer: str) -> list[TrustedKey] | None:
    match document:
        case {"theatre": str() as key}:
            return [TrustedKey("ticket", "theatre", "theatre", Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)))]
    return None


KEYS = PublishedKeys(from_json=from_json)
