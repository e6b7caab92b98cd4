"""Base45 (RFC 9285): binary data as text in the alphanumeric mode of QR codes."""

from kiosk.errors import BadCredential

ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
"""The characters of Base45 (RFC 9285 table 1). They are also the alphanumeric characters of QR codes."""

_LANE_BYTES = 4
"""All groups are computed by a few operations on long numbers; a group has 4 bytes there, and 45 ** 3 needs 3."""

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
    count, rest = divmod(len(values), 3)
    whole, last = values[: 3 * count], values[3 * count :]
    low, middle, high = (_in_lanes(whole[place::3]) for place in range(3))
    numbers = (low + 45 * middle + 2025 * high).to_bytes(_LANE_BYTES * count)
    single = last[0] + 45 * last[1] if rest else 0
    if numbers[1::_LANE_BYTES].count(0) != count or single > 0xFF:
        raise BadCredential("not base45 (RFC 9285)")
    plain = bytearray(2 * count)
    plain[0::2], plain[1::2] = numbers[2::_LANE_BYTES], numbers[3::_LANE_BYTES]
    return bytes(plain) + (bytes((single,)) if rest else b"")


def _in_lanes(digits: bytes) -> int:
    """Return one long number with four bytes for each digit; no product or sum of a group reaches its neighbour."""
    lanes = bytearray(_LANE_BYTES * len(digits))
    lanes[_LANE_BYTES - 1 :: _LANE_BYTES] = digits
    return int.from_bytes(lanes)


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
