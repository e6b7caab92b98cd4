"""Certificates that break DER in one known and harmless way.

Background: in an X.509 certificate, the algorithm of an ECDSA signature must have no parameters (RFC 5758 section 3.2).
Some issuers write a NULL there, as RSA algorithms have it. The certificate of Japan's signer of ICAO seals has
this NULL, and so has the example in ICAO's own technical report. The library `cryptography` refuses such a certificate.

Method: the library reads a copy from which the NULL is removed (and the lengths around it are corrected). The signature
is checked over the original bytes, because the issuer signed them with the NULL. A certificate has the algorithm twice,
inside the signed part and outside; both are repaired.

Rule 1: only the copy is changed; the signature covers the original, byte for byte.
Rule 2: every other breach of DER remains an error (`ValueError`), as the library raises it.
"""

import re
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

_OID = b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03"
"""The object identifier ecdsa-with-SHA2 (RFC 5758) in DER, without its last byte, which stands for the hash."""
_WITH_NULL = re.compile(re.escape(b"\x30\x0c" + _OID) + rb"([\x02-\x04])\x05\x00", re.DOTALL)
_HASHES = {b"\x02": SHA256(), b"\x03": SHA384(), b"\x04": SHA512()}
SEQUENCE, BIT_STRING = 0x30, 0x03


@dataclass(frozen=True, slots=True)
class Loaded:
    """A certificate. `original`: its bytes as issued, if the library read a repaired copy; otherwise empty."""

    certificate: x509.Certificate
    original: bytes = field(default=b"", repr=False)

    def is_issued_by(self, root: x509.Certificate) -> bool:
        """Return True if the certificate names `root` as its issuer and the key of `root` made its signature."""
        try:
            if not self.original:
                self.certificate.verify_directly_issued_by(root)
                return True
            return self.certificate.issuer == root.subject and _is_signed_by(root, self.original)
        except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
            return False


def load_certificate(der: bytes) -> Loaded:
    """Read a certificate in DER.

    Raises:
        ValueError: `der` is not a certificate, or breaks DER in another way.
        x509.InvalidVersion: its version is unknown.
    """
    try:
        return Loaded(x509.load_der_x509_certificate(der))
    except ValueError:
        if not _WITH_NULL.search(der):
            raise
    signed, algorithm, _ = _parts(der)
    content = signed[_content_at(signed, 0)[0] :]
    signature = der[der.index(signed) + len(signed) + len(algorithm) :]
    repaired = sequence(sequence(_without_null(content)) + _without_null(algorithm) + signature)
    return Loaded(x509.load_der_x509_certificate(repaired), der)


def _is_signed_by(root: x509.Certificate, der: bytes) -> bool:
    """Return True if `root` signed `der`, False if it has the wrong kind of key; else raises `InvalidSignature`."""
    signed, algorithm, signature = _parts(der)
    found = _WITH_NULL.fullmatch(algorithm)
    key = root.public_key()
    if found is None or not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    key.verify(signature, signed, ec.ECDSA(_HASHES[found[1]]))
    return True


def _parts(der: bytes) -> tuple[bytes, bytes, bytes]:
    """Split a certificate (RFC 5280 section 4.1) into its signed part, the algorithm and the signature."""
    begin, end = _content_at(der, 0)
    _, signed_end = _content_at(der, begin)
    _, algorithm_end = _content_at(der, signed_end)
    signature_begin, signature_end = _content_at(der, algorithm_end, BIT_STRING)
    if der[signature_begin : signature_begin + 1] != b"\x00" or not signature_end == end == len(der):
        raise ValueError("signature is not whole bytes, or the certificate does not end behind it")
    return der[begin:signed_end], der[signed_end:algorithm_end], der[signature_begin + 1 :]


def _content_at(der: bytes, at: int, tag: int = SEQUENCE) -> tuple[int, int]:
    """Return begin and end of the content of the DER element at `at`; raises `ValueError` if its tag is another one."""
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


def sequence(content: bytes) -> bytes:
    """Return a DER SEQUENCE of `content`, with the long form of the length: here `content` has 128 bytes or more."""
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes((SEQUENCE, 0x80 | len(length))) + length + content
