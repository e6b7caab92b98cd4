"""Base45 (RFC 9285): binary data as text in the alphanumeric mode of QR codes."""

import struct

from kiosk.errors import BadCredential

ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
"""The characters of Base45 (RFC 9285 table 1). They are also the alphanumeric characters of QR codes."""

_FOREIGN = 255
_VALUES = bytes(ALPHABET.find(character) & _FOREIGN for character in range(256))


def decode(text: bytes) -> bytes:
    """Decode Base45 `text` to bytes.

    Raises:
        BadCredential: a character is not in the alphabet, the length is impossible, or a group is too large for its
            two bytes or its one byte.
    """
    values = text.translate(_VALUES)
    if _FOREIGN in values or len(values) % 3 == 1:
        raise BadCredential("not base45 (RFC 9285)")
    whole = len(values) - len(values) % 3
    triples = zip(values[0:whole:3], values[1:whole:3], values[2:whole:3], strict=True)
    numbers = [low + 45 * middle + 2025 * high for low, middle, high in triples]
    last = [values[whole] + 45 * values[whole + 1]] if len(values) % 3 else []
    if max(numbers, default=0) > 0xFFFF or max(last, default=0) > 0xFF:
        raise BadCredential("not base45 (RFC 9285)")
    return struct.pack(f">{len(numbers)}H", *numbers) + bytes(last)


def encode(data: bytes) -> bytes:
    """Encode `data` as Base45 text. A kiosk at the door only decodes; the office, the simulation and tests encode."""
    text = bytearray()
    for at in range(0, len(data) - 1, 2):
        high, rest = divmod(int.from_bytes(data[at : at + 2]), 2025)
        middle, low = divmod(rest, 45)
        text += bytes((ALPHABET[low], ALPHABET[middle], ALPHABET[high]))
    if len(data) % 2:
        high, low = divmod(data[-1], 45)
        text += bytes((ALPHABET[low], ALPHABET[high]))
    return bytes(text)
