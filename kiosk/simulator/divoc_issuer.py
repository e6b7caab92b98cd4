"""An issuer of DIVOC certificates for the demo and the tests. Its key is made at start and trusted nowhere else."""

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
    """A country that signs DIVOC certificates. did: the name of its key."""

    did: str
    key: AssertionKey = field(default_factory=Ed25519PrivateKey.generate, repr=False)
    created: str = "2021-09-01T00:00:00Z"

    @property
    def trusted(self) -> TrustedKey:
        """The public key as a site imports it."""
        return TrustedKey("divoc", self.did, self.did, self.key.public_key())

    def sign(self, document: dict[str, Any], newer: bool = False) -> dict[str, Any]:
        """Return `document` with its proof. Members that no context maps are not signed, as with jsonld.js.

        newer: write the statements as RDFC-1.0 does, else as URDNA2015 does.
        """
        is_rsa = isinstance(self.key, rsa.RSAPrivateKey)
        suite, algorithm = ("RsaSignature2018", "PS256") if is_rsa else ("Ed25519Signature2018", "EdDSA")
        header = base64.urlsafe_b64encode(as_json({"alg": algorithm, "b64": False, "crit": ["b64"]})).rstrip(b"=")
        # These lines are written a second time here, so that the tests find a mistake in the verifier's copy.
        proof = (
            f'_:c14n0 <http://purl.org/dc/terms/created> "{self.created}"'
            "^^<http://www.w3.org/2001/XMLSchema#dateTime> .\n"
            f"_:c14n0 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://w3id.org/security#{suite}> .\n"
            "_:c14n0 <https://w3id.org/security#proofPurpose> <https://w3id.org/security#assertionMethod> .\n"
            f"_:c14n0 <https://w3id.org/security#verificationMethod> <{self.did}> .\n"
        )
        statements = read_statements(document)
        form = statements.newer if newer else statements.canonical
        message = header + b"." + sha256(proof.encode()).digest() + sha256(form.encode()).digest()
        key = self.key
        signature = key.sign(message) if isinstance(key, Ed25519PrivateKey) else sign_raw(key, message)
        jws = header + b".." + base64.urlsafe_b64encode(signature).rstrip(b"=")
        signed = {"type": suite, "created": self.created, "verificationMethod": self.did, "jws": jws.decode()}
        return {**document, "proof": {**signed, "proofPurpose": "assertionMethod"}}


def zipped(document: object, name: str = CERTIFICATE) -> bytes:
    """Return the bytes of the QR code for `document`: a ZIP archive with one file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, as_json(document))
    return target.getvalue()
