"""Keys of test issuers and the forms in which they are published, for the tests of trust lists."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.credentials.judging.table import key_readers
from kiosk.credentials.trust.published_forms import read_trusted_keys
from kiosk.credentials.trust.trust_files import KeyList, write_list
from kiosk.credentials.trust.trust_list import TrustedKey
from kiosk.simulator.issuers import CardIssuer, DccIssuer, SealIssuer

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
DCC = DccIssuer("ID", usages=("1.3.6.1.4.1.1847.2021.1.2",))
CSCA = SealIssuer("AU").authority
ED25519 = Ed25519PrivateKey.generate().public_key()
PEM = {
    "dcc": DCC.certificate.public_bytes(Encoding.PEM),
    "csca": CSCA.public_bytes(Encoding.PEM),
    "divoc": ED25519.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
}
SPKI = base64.b64encode(DCC.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
CARD = CardIssuer("https://demo.example")


def jwk(**changes: Any) -> dict[str, Any]:
    point = CARD.key.public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(n.to_bytes(32)).rstrip(b"=").decode() for n in (point.x, point.y))
    return {"kty": "EC", "kid": CARD.key_id, "use": "sig", "crv": "P-256", "x": x, "y": y, **changes}


def read_keys(data: bytes, scheme: str = "", issuer: str = "") -> list[TrustedKey]:
    return list(read_trusted_keys(data, key_readers(), scheme, issuer))


def form(document: object) -> bytes:
    return json.dumps(document).encode()


def stored(folder: Path, at: datetime = NOW, name: str = "main") -> KeyList:
    made = KeyList("eu_dcc", name, at, (DCC.trusted,))
    write_list(folder, made)
    return made
