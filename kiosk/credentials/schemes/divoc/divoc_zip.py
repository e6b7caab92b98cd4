"""The wrapping of DIVOC codes: a ZIP archive, bare or as `B64:`, with the damage that scanners do to it undone.

Source: egovernments/DIVOC, certificate.json in a ZIP; the damage: measured on Indonesia's specimen, whose ZIP bytes
went through Latin-1 and UTF-8 once, so that 919 bytes became 1,331.
"""

import base64
import binascii
import io
import struct
import zipfile
import zlib

from kiosk.errors import BadCredential

ZIP_MAGIC = b"PK\x03\x04"
TEXT_PREFIX = b"B64:"
CERTIFICATE = "certificate.json"
MAX_JSON_BYTES = 32_768
"""Certificates seen have 2 to 3 kB."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""No issuer packs otherwise, and LZMA lets the sender say how much memory is taken."""

_ZIP_TROUBLE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, NotImplementedError)


def is_divoc(data: bytes) -> bool:
    """Whether `data` begins like a ZIP archive or like its text form."""
    return data.startswith(ZIP_MAGIC) or data[: len(TEXT_PREFIX)].upper() == TEXT_PREFIX


def unwrap(data: bytes) -> bytes:
    """The bytes of `certificate.json`; raises BadCredential."""
    archive = _from_text(data) if not data.startswith(ZIP_MAGIC) else data
    try:
        return _certificate(archive)
    except BadCredential:
        repaired = undo_mojibake(archive)
        if repaired == archive:
            raise
        return _certificate(repaired)


def _from_text(data: bytes) -> bytes:
    if not is_divoc(data):
        raise BadCredential("neither a ZIP archive nor B64:")
    try:
        return base64.b64decode(b"".join(data[len(TEXT_PREFIX) :].split()), validate=True)
    except binascii.Error:
        raise BadCredential("B64: without base64 behind it") from None


def undo_mojibake(data: bytes) -> bytes:
    """`data` before a reader took its bytes for Latin-1 and wrote them as UTF-8; unchanged where that cannot be."""
    try:
        return data.decode("utf-8").encode("latin-1")
    except UnicodeError:
        return data


def _certificate(archive: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            entry = opened.getinfo(CERTIFICATE)
            if entry.file_size > MAX_JSON_BYTES or entry.flag_bits & 1 or entry.compress_type not in _METHODS:
                raise BadCredential(f"{CERTIFICATE} is encrypted, oddly packed or has more than {MAX_JSON_BYTES} bytes")
            with opened.open(entry) as file:
                return file.read()  # zipfile reads no more than `file_size`
    except KeyError:
        raise BadCredential("ZIP archive without certificate.json") from None
    except _ZIP_TROUBLE:
        raise BadCredential("not a ZIP archive that can be read") from None
