"""The wrapping of DIVOC codes: a ZIP archive, bare or as text after `B64:`, also where a scanner has damaged its bytes.

Source: egovernments/DIVOC, `certificate.json` in a ZIP archive. The damage was measured on Indonesia's specimen: its
bytes had been read as Latin-1 and written as UTF-8 once, so that 919 bytes became 1,331.
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
"""Greatest size of `certificate.json`; the certificates that we have seen have 2 to 3 kB."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The compression methods that are read. No issuer uses others, and with LZMA the sender chooses our use of memory."""

_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, NotImplementedError)
"""All exceptions that `zipfile` raises for hostile archives."""


def is_divoc(data: bytes) -> bool:
    """Return True if `data` begins like a ZIP archive or like its text form."""
    return data.startswith(ZIP_MAGIC) or data[: len(TEXT_PREFIX)].upper() == TEXT_PREFIX


def unwrap(data: bytes) -> bytes:
    """Return the bytes of `certificate.json`.

    Raises:
        BadCredential: `data` is not an archive that can be used, even after `undo_mojibake`.
    """
    archive = data
    if not data.startswith(ZIP_MAGIC):
        if not is_divoc(data):
            raise BadCredential("neither a ZIP archive nor B64:")
        try:
            archive = base64.b64decode(b"".join(data[len(TEXT_PREFIX) :].split()), validate=True)
        except binascii.Error:
            raise BadCredential("B64: without base64 after it") from None
    try:
        return _read_certificate(archive)
    except BadCredential:
        repaired = undo_mojibake(archive)
        if repaired == archive:
            raise
        return _read_certificate(repaired)


def undo_mojibake(data: bytes) -> bytes:
    """Undo reading as Latin-1 and writing as UTF-8; return `data` itself if this cannot have happened to it."""
    try:
        return data.decode("utf-8").encode("latin-1")
    except UnicodeError:
        return data


def _read_certificate(archive: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            entry = opened.getinfo(CERTIFICATE)
            if entry.file_size > MAX_JSON_BYTES or entry.flag_bits & 1 or entry.compress_type not in _METHODS:
                raise BadCredential(f"{CERTIFICATE} is encrypted, oddly packed or has more than {MAX_JSON_BYTES} bytes")
            with opened.open(entry) as file:
                # `file_size` is only what the archive says. Without a number, `read` inflates all that there is and
                # cuts it afterwards; with one, zlib never gives more than this many bytes.
                return file.read(MAX_JSON_BYTES)
    except KeyError:
        raise BadCredential("ZIP archive without certificate.json") from None
    except _ZIP_ERRORS:
        raise BadCredential("not a ZIP archive that can be read") from None
