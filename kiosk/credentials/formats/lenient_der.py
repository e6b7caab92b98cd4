"""Certificates that break X.690 in one known harmless way: a NULL behind an ECDSA algorithm, where RFC 5758 section 3.2
allows nothing. Japan's signer of ICAO seals has it, and so has the example in ICAO's own technical report.

Rule 1: the strict library reads a copy without the NULL; what is signed stays the original, byte for byte.
Rule 2: every other breach stays one: ValueError, as the library raises it.
"""

import re
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

_OID = b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03"
"""ecdsa-with-SHA2, RFC 5758: one more byte says which."""
_WITH_NULL = re.compile(re.escape(b"\x30\x0c" + _OID) + rb"([\x02-\x04])\x05\x00", re.DOTALL)
_HASHES = {b"\x02": SHA256(), b"\x03": SHA384(), b"\x04": SHA512()}
SEQUENCE, BIT_STRING = 0x30, 0x03


@dataclass(frozen=True, slots=True)
class Loaded:
    """A certificate, and what its issuer signed if that differs from what was read."""

    certificate: x509.Certificate
    original: bytes = field(default=b"", repr=False)

    def is_issued_by(self, root: x509.Certificate) -> bool:
        """Whether `root` names and signed it."""
        try:
            if not self.original:
                self.certificate.verify_directly_issued_by(root)
                return True
            return self.certificate.issuer == root.subject and _signed(self.original, root)
        except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
            return False


def load_certificate(der: bytes) -> Loaded:
    """Read a certificate in DER; raises ValueError for what is none, x509.InvalidVersion for a version unheard of."""
    try:
        return Loaded(x509.load_der_x509_certificate(der))
    except ValueError:
        if not _WITH_NULL.search(der):
            raise
    signed, algorithm, _ = _parts(der)
    content = signed[_content_at(signed, 0)[0] :]
    signature = der[der.index(signed) + len(signed) + len(algorithm) :]
    repaired = _wrapped(_wrapped(_without_null(content)) + _without_null(algorithm) + signature)
    return Loaded(x509.load_der_x509_certificate(repaired), der)


def _signed(der: bytes, root: x509.Certificate) -> bool:
    signed, algorithm, signature = _parts(der)
    found = _WITH_NULL.fullmatch(algorithm)
    key = root.public_key()
    if found is None or not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    key.verify(signature, signed, ec.ECDSA(_HASHES[found[1]]))
    return True


def _parts(der: bytes) -> tuple[bytes, bytes, bytes]:
    """The three parts of a certificate (RFC 5280 section 4.1): what is signed, the algorithm, the signature."""
    begin, _ = _content_at(der, 0)
    _, signed_end = _content_at(der, begin)
    _, algorithm_end = _content_at(der, signed_end)
    signature_begin, signature_end = _content_at(der, algorithm_end, BIT_STRING)
    if der[signature_begin : signature_begin + 1] != b"\x00" or signature_end != len(der):
        raise ValueError("signature is not whole bytes")
    return der[begin:signed_end], der[signed_end:algorithm_end], der[signature_begin + 1 :]


def _content_at(der: bytes, at: int, tag: int = SEQUENCE) -> tuple[int, int]:
    """Where the content of the element at `at` begins and ends."""
    if der[at : at + 1] != bytes((tag,)) or at + 2 > len(der):
        raise ValueError("another element than expected")
    size, begin = der[at + 1], at + 2
    if size >= 0x80:
        count = size & 0x7F
        size, begin = int.from_bytes(der[begin : begin + count]), begin + count
    if not 0 < size <= len(der) - begin:
        raise ValueError("element of an impossible length")
    return begin, begin + size


def _without_null(der: bytes) -> bytes:
    return _WITH_NULL.sub(lambda found: b"\x30\x0a" + _OID + found[1], der, count=1)


def _wrapped(content: bytes) -> bytes:
    """A sequence around `content`, which in a certificate always has 128 bytes and more."""
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes((SEQUENCE, 0x80 | len(length))) + length + content
