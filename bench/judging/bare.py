"""The least work for a credential: only the libraries, without limits, checks of content, dates and rules.

`bench.credentials` divides the time of a judgement by the time of this work in the same run.
"""

import base64
import json
import zipfile
import zlib
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import base45
import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from pyld import jsonld

from kiosk.credentials.formats import linked_data
from kiosk.credentials.trust.trust_list import TrustedKey

CONTEXTS = Path(linked_data.__file__).parent / "contexts"


def verify(key: object, signature: bytes, message: bytes) -> None:
    match key:
        case ec.EllipticCurvePublicKey():
            der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
            key.verify(der, message, ec.ECDSA(SHA256()))
        case rsa.RSAPublicKey():
            key.verify(signature, message, padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH), SHA256())
        case Ed25519PublicKey():
            key.verify(signature, message)


def dcc(code: bytes, trusted: TrustedKey) -> object:
    protected, _, payload, signature = cbor2.loads(zlib.decompress(base45.b45decode(code[4:]))).value
    cbor2.loads(protected)
    verify(trusted.key, signature, cbor2.dumps(["Signature1", protected, b"", payload]))
    return cbor2.loads(payload)[-260][1]


def card(code: bytes, trusted: TrustedKey) -> object:
    digits = code[5:]
    jws = bytes(int(digits[at : at + 2]) + 45 for at in range(0, len(digits), 2))
    header, payload, signature = jws.split(b".")
    json.loads(_base64url(header))
    verify(trusted.key, _base64url(signature), header + b"." + payload)
    return json.loads(zlib.decompress(_base64url(payload), -15))


def divoc(code: bytes, trusted: TrustedKey) -> object:
    """Verify by PyLD, a full JSON-LD processor, whose contexts are read before."""
    with zipfile.ZipFile(BytesIO(code)) as archive:
        document = json.loads(archive.read("certificate.json"))
    proof = document.pop("proof")
    header, _, signature = proof.pop("jws").encode().split(b".")
    terms = statements({"@context": "https://w3id.org/security/v2", **proof})
    message = header + b"." + sha256(terms).digest() + sha256(statements(document)).digest()
    verify(trusted.key, _base64url(signature), message)
    return document


def statements(document: dict[str, Any]) -> bytes:
    options = {"documentLoader": _load, "algorithm": "URDNA2015", "format": "application/n-quads"}
    return str(jsonld.normalize(document, options)).encode()


def _base64url(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


_SECURITY = {
    "type": "@type",
    "proofPurpose": {"@id": "https://w3id.org/security#proofPurpose", "@type": "@vocab"},
    "assertionMethod": "https://w3id.org/security#assertionMethod",
    "verificationMethod": {"@id": "https://w3id.org/security#verificationMethod", "@type": "@id"},
    "created": {"@id": "http://purl.org/dc/terms/created", "@type": "http://www.w3.org/2001/XMLSchema#dateTime"},
    "Ed25519Signature2018": "https://w3id.org/security#Ed25519Signature2018",
}
_LOADED: dict[str, Any] = {
    "https://www.w3.org/2018/credentials/v1": json.loads((CONTEXTS / "w3c-credentials-v1.json").read_text()),
    "https://www.pedulilindungi.id/credentials/vaccination/v2": json.loads(
        (CONTEXTS / "divoc-vaccination-v2.json").read_text()
    ),
    "https://w3id.org/security/v2": {"@context": _SECURITY},
}


def _load(address: str, _: object) -> dict[str, Any]:
    return {"contextUrl": None, "documentUrl": address, "document": _LOADED[address]}


BARE: dict[str, Callable[[bytes, TrustedKey], object]] = {
    "eu_dcc": dcc,
    "eu_dcc PS256": dcc,
    "smart_health_card": card,
    "divoc": divoc,
}
