"""An issuer of DIVOC certificates whose key is made at start: for the demonstration and for the tests."""

import base64
import io
import zipfile
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.credentials.formats.linked_data import read_statements
from kiosk.credentials.schemes.divoc.divoc_zip import CERTIFICATE
from kiosk.credentials.trust.trust_list import TrustedKey
from kiosk.simulator.issuers import AssertionKey, as_json, sign_raw


@dataclass(frozen=True, slots=True)
class DivocIssuer:
    """A country that signs DIVOC certificates, under its DID."""

    did: str
    key: AssertionKey = field(default_factory=Ed25519PrivateKey.generate, repr=False)
    created: str = "2021-09-01T00:00:00Z"

    @property
    def trusted(self) -> TrustedKey:
        """The key as a site would import it."""
        return TrustedKey("divoc", self.did, self.did, self.key.public_key())

    def sign(self, document: dict[str, Any], newer: bool = False) -> dict[str, Any]:
        """`document` with its proof; what the contexts do not map is left out of the signature, as jsonld.js does.

        newer: whether the statements are written as RDFC-1.0 has it.
        """
        is_rsa = isinstance(self.key, rsa.RSAPrivateKey)
        suite, algorithm = ("RsaSignature2018", "PS256") if is_rsa else ("Ed25519Signature2018", "EdDSA")
        header = base64.urlsafe_b64encode(as_json({"alg": algorithm, "b64": False, "crit": ["b64"]})).rstrip(b"=")
        proof = (
            f'_:c14n0 <http://purl.org/dc/terms/created> "{self.created}"'
            "^^<http://www.w3.org/2001/XMLSchema#dateTime> .\n"
            f"_:c14n0 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://w3id.org/security#{suite}> .\n"
            "_:c14n0 <https://w3id.org/security#proofPurpose> <https://w3id.org/security#assertionMethod> .\n"
            f"_:c14n0 <https://w3id.org/security#verificationMethod> <{self.did}> .\n"
        )
        statements = read_statements(document)
        stated = statements.newer if newer else statements.canonical
        message = header + b"." + sha256(proof.encode()).digest() + sha256(stated.encode()).digest()
        key = self.key
        signature = key.sign(message) if isinstance(key, Ed25519PrivateKey) else sign_raw(key, message)
        jws = header + b".." + base64.urlsafe_b64encode(signature).rstrip(b"=")
        made = {"type": suite, "created": self.created, "verificationMethod": self.did, "jws": jws.decode()}
        return {**document, "proof": {**made, "proofPurpose": "assertionMethod"}}


def zipped(document: object, name: str = CERTIFICATE) -> bytes:
    """The bytes of the QR code for a document."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, as_json(document))
    return target.getvalue()
