"""Payloads that attack by their structure: nesting, huge lengths, repeated keys, bombs; each in a scheme's wrapping.

Some have a valid signature, so that the readers that run after the signature check are attacked too.
"""

import base64
import io
import random
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable

from kiosk.credentials.formats import base45
from kiosk.credentials.schemes.divoc.divoc_zip import CERTIFICATE
from kiosk.simulator.issuers import card_code
from kiosk.simulator.specimens import Specimens

DEPTHS = (2, 11, 12, 13, 24, 25, 60, 400, 1400)
LENGTHS = (0, 1, 23, 2**8, 2**16, 2**31, 2**32 - 1, 2**63, 2**64 - 1)


def structure(chance: random.Random, specimens: Specimens) -> bytes:
    """Return one payload."""
    wrap = chance.choice(WRAPS)
    return wrap(chance, specimens)


def cbor(chance: random.Random, left: int = 6) -> bytes:
    """Return one CBOR item, mostly well-formed: deep, with a wrong or no length, tagged, or with repeated keys."""
    kind = chance.randrange(10) if left else 9
    depth = chance.choice(DEPTHS)
    match kind:
        case 0:
            return chance.choice((b"\x81", b"\xa1\x01", b"\xd8\x3d", b"\x9f", b"\xbf\x01")) * depth + b"\x01"
        case 1:
            major = chance.randrange(8) << 5
            return bytes([major | 27]) + struct.pack(">Q", chance.choice(LENGTHS)) + chance.randbytes(4)
        case 2:
            tag = chance.choice((0, 1, 2, 3, 4, 5, 18, 24, 28, 29, 37, 61, 98, 258, 55799))
            return head(6, tag) + cbor(chance, left - 1)
        case 3:
            return b"\xa2" + 2 * (b"\x01" + cbor(chance, left - 1))
        case 4:
            return b"\xa1" + cbor(chance, left - 1) + cbor(chance, left - 1)
        case 5:
            return b"\x5f" + b"\x41a" * chance.choice(DEPTHS) + b"\xff"
        case 6:
            return b"\x9f" + b"\x80" * depth + b"\xff"
        case 7:
            items = [cbor(chance, left - 1) for _ in range(chance.randrange(4))]
            return head(4, len(items)) + b"".join(items)
        case 8:
            packed = cbor(chance, left - 1)
            return head(2, len(packed)) + packed
        case _:
            return chance.choice(
                (b"\xf9\x7e\x00", b"\xfb\x7f\xf0" + bytes(6), b"\xf7", b"\xf8\x20", b"\x20", b"\x63abc")
            )


def head(major: int, number: int) -> bytes:
    """The head of a CBOR item (RFC 8949 section 3)."""
    if number < 24:
        return bytes([major << 5 | number])
    return bytes([major << 5 | 25]) + struct.pack(">H", number)


def json_text(chance: random.Random) -> bytes:
    """One text, mostly JSON: deep, with keys given twice, of many items, of huge numbers or of broken strings."""
    depth = chance.choice(DEPTHS)
    match chance.randrange(9):
        case 0:
            return b"[" * depth + b"]" * depth
        case 1:
            return b'{"a":' * depth + b"1" + b"}" * depth
        case 2:
            return b'{"vc":1,"vc":2}'
        case 3:
            return b"[" + b"0," * depth + b"0]"
        case 4:
            return b'{"iss":' + b"9" * depth + b"}"
        case 5:
            return b'{"a":"' + b'\\"' * depth
        case 6:
            return b'{"a":"' + b"\\ud83d" * depth + b'"}'
        case 7:
            return b'{"a":1e' + b"9" * depth + b"}"
        case _:
            return b"\xef\xbb\xbf{}" + b" " * depth


def _cose(chance: random.Random, _specimens: Specimens) -> bytes:
    parts = [head(2, 3) + b"\xa1\x01\x26", b"\xa0", cbor(chance), head(2, 64) + bytes(64)]
    parts[chance.randrange(4)] = cbor(chance)
    cwt = b"\xd2\x84" + b"".join(parts) if chance.random() < 0.7 else cbor(chance)
    return b"HC1:" + base45.encode(zlib.compress(cwt))


def _signed_claims(chance: random.Random, specimens: Specimens) -> bytes:
    return specimens.dcc.sign_payload(cbor(chance))


def _bomb(chance: random.Random, specimens: Specimens) -> bytes:
    zeros = bytes(chance.choice((20_000, 200_000, 1_500_000)))
    if chance.random() < 0.5:
        return b"HC1:" + base45.encode(zlib.compress(zeros, 9))
    return specimens.card.sign_bytes(_deflated(zeros))


def _card(chance: random.Random, specimens: Specimens) -> bytes:
    if chance.random() < 0.5:
        return specimens.card.sign_bytes(_deflated(json_text(chance)))
    parts = [base64.urlsafe_b64encode(json_text(chance)).rstrip(b"=") for _ in range(chance.choice((1, 2, 3, 4)))]
    return card_code(b".".join(parts))


def _archive(chance: random.Random, _specimens: Specimens) -> bytes:
    target = io.BytesIO()
    method = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(target, "w", method) as archive, warnings.catch_warnings(action="ignore"):
        for _ in range(chance.choice((1, 1, 1, 30))):
            archive.writestr(chance.choice((CERTIFICATE, "x" * 20)), json_text(chance))
    data = bytearray(target.getvalue())
    for _ in range(chance.randrange(3)):  # sizes and offsets in the heads
        at = chance.randrange(len(data) - 4)
        struct.pack_into("<I", data, at, chance.choice(LENGTHS) & 0xFFFFFFFF)
    return bytes(data)


def _seal(chance: random.Random, _specimens: Specimens) -> bytes:
    inner = json_text(chance)
    return b'{"data":{"hdr":{"t":"icao.vacc","v":1},"msg":' + inner + b'},"sig":{"alg":"ES256","sigvl":"","cer":""}}'


def _pass(chance: random.Random, _specimens: Specimens) -> bytes:
    return b"KP1:" + base45.encode(bytes(72) + cbor(chance)[:128])


def _deflated(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


WRAPS: tuple[Callable[[random.Random, Specimens], bytes], ...] = (
    _cose, _signed_claims, _bomb, _card, _archive, _seal, _pass,
)  # fmt: skip
