"""CBOR within bounds, and COSE_Sign1 (RFC 8152 section 4.2) with the headers that health certificates use.

Rule 1: only plain CBOR is read: of the tags, COSE's own, CWT's and dates; no big numbers, no shared values.
Rule 2: whatever the bytes are, the outcome is a message or BadCredential.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import cbor2

from kiosk.credentials.formats.signatures import Algorithm
from kiosk.errors import BadCredential

MAX_DEPTH = 12
"""A DCC nests 5 deep (COSE, claims, hcert, certificate, entry); the WHO's map 4."""

COSE_SIGN1_TAG, CWT_TAG = 18, 61
ALGORITHM_LABEL, CRITICAL_LABEL, KEY_ID_LABEL = 1, 2, 4
"""RFC 8152 section 3.1."""

ALGORITHMS = {-7: Algorithm.ES256, -37: Algorithm.PS256}
"""IANA COSE algorithms; hcert_spec section 3.3.2 names these two."""


def _refuse(*_: object) -> NoReturn:
    raise ValueError("tag")


def _plain(value: object, *_: object) -> object:
    return value


_REFUSED_TAGS = (2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 43000, 52, 54, 100, 256, 258, 260, 261, 1004, 55799)
_TAGS: dict[int, Callable[[Any, bool], Any]] = {**dict.fromkeys(_REFUSED_TAGS, _refuse), 0: _plain, 1: _plain}


def read_cbor(data: bytes) -> object:
    """Read exactly one CBOR item; raises BadCredential."""
    source = io.BytesIO(data)
    decoder = cbor2.CBORDecoder(source, semantic_decoders=_TAGS, max_depth=MAX_DEPTH, allow_duplicate_keys=False)
    try:
        item: object = decoder.decode()
    except (cbor2.CBORDecodeError, ValueError, TypeError, RecursionError, OverflowError):
        raise BadCredential("not CBOR of a plain kind") from None
    if source.tell() != len(data):
        raise BadCredential("CBOR with something behind it")
    return item


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """One COSE_Sign1: what was signed, by which algorithm and key id, and the signature."""

    algorithm: Algorithm
    key_id: bytes
    payload: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    signed_bytes: bytes = field(repr=False)


def read_sign1(data: bytes) -> SignedMessage:
    """Read a COSE_Sign1, with or without its tag, inside a CWT tag or not; raises BadCredential.

    The protected header wins over the unprotected one, for the algorithm as for the key id (hcert_spec 3.3.3).
    """
    protected, unprotected, payload, signature = _four_parts(read_cbor(data))
    header = _header(protected)
    if CRITICAL_LABEL in header:
        raise BadCredential("COSE header marks something as critical that is not known here")
    algorithm = header.get(ALGORITHM_LABEL, unprotected.get(ALGORITHM_LABEL))
    key_id = header.get(KEY_ID_LABEL, unprotected.get(KEY_ID_LABEL))
    if not isinstance(algorithm, int) or algorithm not in ALGORITHMS:
        raise BadCredential("COSE header without ES256 or PS256")
    if not isinstance(key_id, bytes):
        raise BadCredential("COSE header without a key id")
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    return SignedMessage(ALGORITHMS[algorithm], key_id, payload, signature, signed)


def _four_parts(item: object) -> tuple[bytes, Mapping[Any, Any], bytes, bytes]:
    item = _without_tag(_without_tag(item, CWT_TAG), COSE_SIGN1_TAG)
    match item:
        case [bytes() as protected, Mapping() as unprotected, bytes() as payload, bytes() as signature]:
            return protected, unprotected, payload, signature
    raise BadCredential("not a COSE_Sign1")


def _without_tag(item: object, tag: int) -> object:
    return item.value if isinstance(item, cbor2.CBORTag) and item.tag == tag else item


def _header(protected: bytes) -> dict[Any, Any]:
    header = read_cbor(protected) if protected else {}
    if not isinstance(header, dict):
        raise BadCredential("COSE protected header is not a map")
    return header


def read_map(data: bytes) -> dict[Any, Any]:
    """Read one CBOR map; raises BadCredential."""
    item = read_cbor(data)
    if not isinstance(item, dict):
        raise BadCredential("CBOR is not a map")
    return item
