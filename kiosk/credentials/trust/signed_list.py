"""Verifies the signature in the first line of a list, for a site that has the key of the list's publisher.

In Germany's copy of the EU's list, the first line is the signature of the rest in base64 (ES256; r and s of 32 bytes
each, or DER). `office.list_proof` verifies the other known form, which the WHO's list has.

Rule: with the key of a publisher, a list is verified or refused. It is never taken without a verified signature.
"""

import base64
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
        raise KioskError("the list is not signed in a form that is known here; import it without --signer")
    ends = (document, document.rstrip(b"\r\n"))
    try:
        raw = raw_signature(base64.b64decode(line, validate=True))
    except ValueError:
        raw = b""
    if not any(signed_by_one_of([signer], Algorithm.ES256, raw, signed) == 0 for signed in ends):
        raise KioskError("the signature of the list was not made by the key of --signer; the list is not imported")


def raw_signature(signature: bytes) -> bytes:
    """Return an ES256 signature, given as r and s or in DER, as r and s of 32 bytes each; b"" if it is neither."""
    if len(signature) == RAW_BYTES:
        return signature
    try:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(RAW_BYTES // 2) + s.to_bytes(RAW_BYTES // 2)
    except (ValueError, OverflowError):
        return b""
