"""Bounded CBOR, and COSE_Sign1 (RFC 8152 section 4.2) with the headers that health certificates use.

A CBOR decoder can be made to do much work by few bytes: deep nesting, declared lengths, and tags whose decoding is
costly (big numbers, regular expressions, shared references). Health certificates need none of these. The decoder is
therefore limited in depth and refuses every tag except those of COSE, of CWT and of dates.

Rule 1: the only tags are COSE's (18), CWT's (61) and those of dates (0 and 1), whose content is read as it is.
Rule 2: for any bytes, the result is a message or `BadCredential`.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import cbor2

from kiosk.credentials.formats.signatures import Algorithm
from kiosk.errors import BadCredential

MAX_DEPTH = 12
"""Greatest nesting that is read. A DCC has 5 levels (COSE, claims, hcert, certificate, entry), the WHO's map 4."""

COSE_SIGN1_TAG, CWT_TAG = 18, 61
ALGORITHM_LABEL, CRITICAL_LABEL, KEY_ID_LABEL = 1, 2, 4
"""Labels of the headers that are read: RFC 8152 section 3.1."""

ALGORITHMS = {-7: Algorithm.ES256, -37: Algorithm.PS256}
"""Numbers of algorithms: IANA COSE algorithms; hcert_spec section 3.3.2 names these two."""


def _refuse_tag(*_: object) -> NoReturn:
    raise ValueError("tag")


def _content_of_tag(value: object, *_: object) -> object:
    return value


_REFUSED_TAGS = (2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 43000, 52, 54, 100, 256, 258, 260, 261, 1004, 55799)
_TAGS: dict[int, Callable[[Any, bool], Any]] = {
    **dict.fromkeys(_REFUSED_TAGS, _refuse_tag),
    **dict.fromkeys((0, 1), _content_of_tag),
}


def read_cbor(data: bytes) -> object:
    """Read exactly one CBOR item.

    Raises:
        BadCredential: the data is malformed, nested too deep, has a tag that is not allowed or a repeated key, or
            more data follows the item.
    """
    source = io.BytesIO(data)
    decoder = cbor2.CBORDecoder(source, semantic_decoders=_TAGS, max_depth=MAX_DEPTH, allow_duplicate_keys=False)
    try:
        item: object = decoder.decode()
    except (cbor2.CBORDecodeError, ValueError, TypeError, RecursionError, OverflowError):
        raise BadCredential("not CBOR of a plain kind") from None
    if source.tell() != len(data):
        raise BadCredential("CBOR with more data behind it")
    return item


def read_map(data: bytes) -> dict[Any, Any]:
    """Read one CBOR map; raises `BadCredential` as `read_cbor` does, and if the item is not a map."""
    item = read_cbor(data)
    if not isinstance(item, dict):
        raise BadCredential("CBOR is not a map")
    return item


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """The parts of one COSE_Sign1. `signed_bytes` is the Sig_structure, which is signed (RFC 8152 section 4.4)."""

    algorithm: Algorithm
    key_id: bytes
    payload: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    signed_bytes: bytes = field(repr=False)


def read_sign1(data: bytes) -> SignedMessage:
    """Read a COSE_Sign1, with or without its own tag and with or without a CWT tag around it.

    If both headers have the algorithm or the key id, the value in the protected header is used (hcert_spec section
    3.3.3).

    Raises:
        BadCredential: the structure or a header is wrong, or the algorithm is neither ES256 nor PS256.
    """
    match _without_tag(_without_tag(read_cbor(data), CWT_TAG), COSE_SIGN1_TAG):
        case [bytes() as protected, Mapping() as unprotected, bytes() as payload, bytes() as signature]:
            header = read_cbor(protected) if protected else {}
        case _:
            raise BadCredential("not a COSE_Sign1")
    if not isinstance(header, dict):
        raise BadCredential("COSE protected header is not a map")
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


def _without_tag(item: object, tag: int) -> object:
    return item.value if isinstance(item, cbor2.CBORTag) and item.tag == tag else item
