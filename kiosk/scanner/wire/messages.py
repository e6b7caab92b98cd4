"""The wire from the scanner's process to the controller: framed, bounded, versioned; and the few lines that go back.

Rule 1: standard library only; both ends import it.
Rule 2: what a visitor showed travels as `Payload`, which never prints itself.
Rule 3: bytes that are no frame have one exit, `BadMessage`; nothing is guessed and nothing is skipped.
"""

import re
import struct
from dataclasses import dataclass, field

from kiosk.errors import KioskError
from kiosk.model import Payload, Watch

MAX_PAYLOAD_BYTES = 4296
"""The most that one QR code holds as text (ISO/IEC 18004:2015 table 7, 40-L, alphanumeric); 2953 as bytes."""

MAX_PREVIEW_BYTES = 65536
MAX_NAME_BYTES = 32
MAX_SETTINGS_BYTES = 4096
"""A pipe takes this much whole or not at all (PIPE_BUF, pipe(7)), so handing it over never blocks."""

MAX_CONTROL_BYTES = 64

_HEADER = struct.Struct(">2sBBI")
"""Signature, version, kind, length of the body."""

_SIGNATURE = b"KS"
_VERSION = 1
_BEAT = struct.Struct(">Qd")
_NAME = re.compile(rb"[a-z][a-z0-9_]*")
_JPEG_START = b"\xff\xd8"


class BadMessage(KioskError):  # noqa: N818 - it is the one exit for bad input
    """The other end does not speak this wire; the message never contains what came."""


@dataclass(frozen=True, slots=True)
class Beat:
    """The scanner is alive: pictures since its start, and the age of the newest one."""

    frames: int
    frame_age_s: float


@dataclass(frozen=True, slots=True)
class CodeRead:
    """A code that had not just been read."""

    payload: Payload


@dataclass(frozen=True, slots=True)
class Hint:
    """A code is seen but cannot be read; `hint` is a key of the visitor's texts."""

    hint: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A small live picture for the visitor; it is shown and never kept."""

    jpeg: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CameraTrouble:
    """Why the scanner is about to end; `fault` is a row of `errors.FAULTS`."""

    fault: str


Message = Beat | CodeRead | Hint | Preview | CameraTrouble

_LIMITS: dict[int, int] = {
    1: _BEAT.size,
    2: MAX_PAYLOAD_BYTES,
    3: MAX_NAME_BYTES,
    4: MAX_PREVIEW_BYTES,
    5: MAX_NAME_BYTES,
}
"""Kind of message → most bytes of its body."""


def encode(message: Message) -> bytes:
    """The message as a frame. `BadMessage` when it is larger than its kind may be."""
    match message:
        case Beat(frames, frame_age_s):
            kind, body = 1, _BEAT.pack(frames, frame_age_s)
        case CodeRead(payload):
            kind, body = 2, payload.data
        case Hint(hint):
            kind, body = 3, hint.encode()
        case Preview(jpeg):
            kind, body = 4, jpeg
        case CameraTrouble(fault):
            kind, body = 5, fault.encode()
    _check_length(kind, len(body))
    return _HEADER.pack(_SIGNATURE, _VERSION, kind, len(body)) + body


class MessageReader:
    """Turns a stream of bytes, cut anywhere, into messages; holds no more than one frame between two calls."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> list[Message]:
        """The messages that `chunk` completes. `BadMessage` on anything else: end the other side then."""
        self._buffer += chunk
        messages = []
        while (frame := self._take_frame()) is not None:
            messages.append(_decode(*frame))
        return messages

    def _take_frame(self) -> tuple[int, bytes] | None:
        if len(self._buffer) < _HEADER.size:
            return None
        signature, version, kind, length = _HEADER.unpack_from(self._buffer)
        if signature != _SIGNATURE or version != _VERSION:
            raise BadMessage(
                f"not a frame of version {_VERSION}; the scanner and the controller must be of one release"
            )
        _check_length(kind, length)
        end = _HEADER.size + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_HEADER.size : end])
        del self._buffer[:end]
        return kind, body


def _check_length(kind: int, length: int) -> None:
    limit = _LIMITS.get(kind)
    if limit is None:
        raise BadMessage(f"message of kind {kind}; known are {min(_LIMITS)} to {max(_LIMITS)}")
    if length > limit:
        raise BadMessage(f"message of kind {kind} with {length} bytes; at most {limit} are allowed")


def _decode(kind: int, body: bytes) -> Message:
    match kind:
        case 1:
            return _beat(body)
        case 2:
            return CodeRead(Payload(body))
        case 3:
            return Hint(_name(body))
        case 4:
            return _preview(body)
        case _:
            return CameraTrouble(_name(body))


def _beat(body: bytes) -> Beat:
    if len(body) != _BEAT.size:
        raise BadMessage(f"heartbeat of {len(body)} bytes; it has {_BEAT.size}")
    frames, frame_age_s = _BEAT.unpack(body)
    if not 0.0 <= frame_age_s < 1e9:
        raise BadMessage("heartbeat with an impossible age of its newest picture")
    return Beat(frames, frame_age_s)


def _preview(body: bytes) -> Preview:
    if not body.startswith(_JPEG_START):
        raise BadMessage("preview that is no JPEG")
    return Preview(body)


def _name(body: bytes) -> str:
    if not _NAME.fullmatch(body):
        raise BadMessage("name with other signs than a-z, 0-9 and _")
    return body.decode()


def control_line(watch: Watch) -> bytes:
    """What the controller writes to the scanner: how hard to look from now on."""
    return f"watch {watch.value}\n".encode()


def parse_control(line: bytes) -> Watch:
    """The opposite of `control_line`. `BadMessage` for anything else."""
    for watch in Watch:
        if line == control_line(watch):
            return watch
    raise BadMessage("control line that is not 'watch off', 'watch glance' or 'watch full'")
