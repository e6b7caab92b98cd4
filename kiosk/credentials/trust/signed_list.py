"""Verifies the signature of a whole list, for a site that has the key of the list's publisher.

Two forms of signed lists are known. In Germany's copy of the EU's list, the first line is the signature of the rest in
base64 (ES256; r and s of 32 bytes each, or DER). In the WHO's list, the member `proof` holds a signature over the
canonical statements of the document (JsonWebSignature2020). For that form, the JSON-LD contexts that the list names are
needed, and they are not part of this program.

Rule: with the key of a publisher, a list is verified or refused. It is never taken without a verified signature.
"""

import base64
import binascii
import json
import re

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from kiosk.credentials.formats.signatures import Algorithm, PublicKey, signed_by_one_of
from kiosk.errors import KioskError

JSON_BEGINS = (b"{", b"[")
RAW_BYTES = 64
_SIGNATURE_LINE = re.compile(rb"[A-Za-z0-9+/=]{64,200}\Z")


def split_signature(text: bytes) -> tuple[bytes, bytes]:
    """Return the first line, if it holds the signature of a JSON document, or else b"", and the document."""
    line, _, rest = text.partition(b"\n")
    line = line.strip()
    return (line, rest) if rest.lstrip().startswith(JSON_BEGINS) and _SIGNATURE_LINE.match(line) else (b"", text)


def demand_signature(text: bytes, signer: PublicKey) -> None:
    """Verify that `signer` signed the list.

    Raises:
        KioskError: the list has no signature, another one, or one of a form that cannot be verified here.
    """
    line, document = split_signature(text)
    if not line:
        raise KioskError(_why_not(document))
    ends = (document, document.rstrip(b"\r\n"))
    raw = _raw_signature(line)
    if not any(signed_by_one_of([signer], Algorithm.ES256, raw, signed) == 0 for signed in ends):
        raise KioskError("the signature of the list was not made by the key of --signer; the list is not imported")


def _raw_signature(line: bytes) -> bytes:
    """Return the signature as r and s, 32 bytes each; b"" if it is none."""
    try:
        signature = base64.b64decode(line, validate=True)
        if len(signature) == RAW_BYTES:
            return signature
        r, s = decode_dss_signature(signature)
        return r.to_bytes(RAW_BYTES // 2) + s.to_bytes(RAW_BYTES // 2)
    except (binascii.Error, ValueError, OverflowError):
        return b""


def _why_not(document: bytes) -> str:
    try:
        found = json.loads(document)
    except (ValueError, RecursionError):
        found = None
    match found:
        case {"proof": {"type": str() as kind}}:
            contexts = found.get("@context")
            return (
                f"the list is signed by {kind} over JSON-LD with the contexts {contexts}, which this program does not "
                "have; fetch the list over HTTPS from its publisher and import it without --signer"
            )
    return "the list is not signed in a form that is known here; import it without --signer"
