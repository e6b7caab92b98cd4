"""Seals of the messages with rows, of their answers and of states, so that a broker can neither invent nor change one.

A seal is an HMAC-SHA256 (RFC 2104) over the topic and the message. It stands in front of the message, or, where other
programs read the message too, in its first member `seal` as JSON. A kiosk got its key at its enrolment. The key is
derived from the office's key and the kiosk's name, so a collector knows the keys of all kiosks.

If a broker sends an old batch again, the collector repeats the old answer. The kiosk ignores it: it accepts only the
answer with the random number of the batch that is under way. A state has the time at which it was sent, and a collector
takes no older one.
"""

import hmac
import re
from functools import lru_cache

from kiosk.errors import KioskError

SEAL_BYTES = 32

JSON_SEAL = re.compile(rb'\{"seal":"([0-9a-f]{64})",')
"""The beginning of a JSON object with its seal."""

KEY_TEXT = re.compile(rb"[0-9a-f]{64}\s*")
"""The content of a file with a key."""


class SealKey:
    """A key of 32 bytes that seals and opens messages."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def parse(cls, text: bytes) -> "SealKey":
        """Return the key in the text of its file. Raises `KioskError`."""
        if not KEY_TEXT.fullmatch(text):
            raise KioskError(
                "fleet: the key of the seal is not 64 hexadecimal digits; copy seal.key from the office again",
                "fleet_refused",
            )
        return cls(bytes.fromhex(text.decode()))

    def text(self) -> bytes:
        """Return the text for the file of this key."""
        return f"{self._key.hex()}\n".encode()

    def close(self, topic: str, message: bytes) -> bytes:
        """Return `message` with its seal in front."""
        return self._seal(topic, message) + message

    def open(self, topic: str, sealed: bytes) -> bytes | None:
        """Return the message in `sealed`; None if the seal is missing or wrong."""
        message = sealed[SEAL_BYTES:]
        return message if hmac.compare_digest(sealed[:SEAL_BYTES], self._seal(topic, message)) else None

    def close_json(self, topic: str, message: bytes) -> bytes:
        """Return `message`, a JSON object with at least one member, with its seal as the first member."""
        return b'{"seal":"' + self._seal(topic, message).hex().encode() + b'",' + message[1:]

    def open_json(self, topic: str, sealed: bytes) -> bytes | None:
        """Return the JSON object without its seal; None if the seal is missing or wrong."""
        found = JSON_SEAL.match(sealed)
        message = b"{" + sealed[found.end() :] if found else b""
        seal = bytes.fromhex(found[1].decode()) if found else b""
        return message if hmac.compare_digest(seal, self._seal(topic, message)) else None

    def _seal(self, topic: str, message: bytes) -> bytes:
        return hmac.digest(self._key, topic.encode() + b"\0" + message, "sha256")


class KioskKeys:
    """The keys of all kiosks, derived from `office`, the key that the office's machine alone has."""

    def __init__(self, office: SealKey) -> None:
        self._office = office
        self.of = lru_cache(maxsize=20_000)(self._of)

    def _of(self, name: str) -> SealKey:
        return SealKey(self._office.close(name, b"")[:SEAL_BYTES])
