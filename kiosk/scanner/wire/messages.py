"""The wire protocol between the controller and the scanner process.

The two processes are connected by two pipes:

* On the scanner's standard output travel binary *messages*. Each has a header of eight bytes and a body. The header
  holds the signature `KS`, the version, the kind of the message, and the length of the body in four bytes, big-endian.
  A reader of a pipe gets chunks of any size, so the length tells where a message ends. The length is compared with the
  limit of its kind before any byte of the body is waited for; a broken scanner cannot fill the controller's memory.
* On the scanner's standard input travel *lines* of text: the orders (`kiosk.scanner.wire.orders`), then control lines
  such as `watch full 17`. The controller is trusted and has little to say. A line is not longer than `PIPE_BUF`,
  so the kernel writes it whole or not at all, and neither side has to handle half a line.

The version changes with every change of the format. Both processes are of one release, so no other version is
understood.

Rule 1: only the standard library is imported, because both ends import this module.
Rule 2: the content of a code travels as `Payload`, which never prints itself.
Rule 3: `BadMessage` is the only error for bytes that are no message. No byte is skipped and no content is guessed.
"""

import re
import struct
from dataclasses import dataclass, field

from kiosk.errors import KioskError
from kiosk.model import Payload, Watch

MAX_PAYLOAD_BYTES = 4296
"""The capacity of the largest QR code, 40-L, in alphanumeric mode (ISO/IEC 18004:2015, table 7); 2953 in byte mode."""

MAX_PREVIEW_BYTES = 65536
MAX_CODES_PER_PICTURE = 4
"""Codes that the scanner reports of one picture, for example two on a phone and two on a poster behind it.

The entrance handles one code at a time. A sheet of sixty codes must not keep the two processes busy.
"""

MAX_CODES_PER_S = 16
"""Codes that the scanner reports in any period of one second: those of four full pictures."""

MAX_OTHERS_PER_S = 24
"""Other messages in any such period: at most 15 live pictures (the largest `scanner.preview_hz`), heartbeats with their
figures, hints."""

MAX_MESSAGES_PER_S = 5 * (MAX_CODES_PER_S + MAX_OTHERS_PER_S)
"""A scanner that sends more than this is broken. A working one sends a fifth of it.

The difference is for a controller that was busy: the messages of five seconds may then arrive together.
"""

MAX_NAME_BYTES = 32
MAX_SETTINGS_BYTES = 4096
"""A pipe takes up to this number of bytes whole or not at all (PIPE_BUF, pipe(7))."""

MAX_CONTROL_BYTES = 64

_HEADER = struct.Struct(">2sBBI")
"""Signature, version, kind, and length of the body in bytes."""

_SIGNATURE = b"KS"
_VERSION = 3
_BEAT = struct.Struct(">Qd")
"""Number of frames, and age of the newest one in seconds."""

_FIGURES = struct.Struct(">dHddd")
"""Frames a second, decodes in the window, their median and 95th percentile in milliseconds, and mean level."""

_VISIT = struct.Struct(">q")
"""The visit of a code or hint; its text follows."""

_CONTROL = re.compile(rb"watch (off|glance|full|again) (0|-?[1-9][0-9]{0,17})\n")

_NAME = re.compile(rb"[a-z][a-z0-9_]*")
_JPEG_START = b"\xff\xd8"


class BadMessage(KioskError):  # noqa: N818 - it is the one exit for bad input
    """The other end sent bytes that are no message. The text of this error never contains the bytes."""


@dataclass(frozen=True, slots=True)
class Beat:
    """The scanner's heartbeat: the number of frames since its start, and the age of the newest one in seconds."""

    frames: int
    frame_age_s: float


@dataclass(frozen=True, slots=True)
class ScannerFigures:
    """The scanner's latest work, for the technician.

    frames_hz: frames a second since the message before. decodes: number of the last decodes, of which `median_ms` and
    `p95_ms` are the times (`kiosk.scanner.child.decode_times`); both are 0 without a decode. level: mean grey level of
    the newest frame, 0 to 255.
    """

    frames_hz: float
    decodes: int
    median_ms: float
    p95_ms: float
    level: float


@dataclass(frozen=True, slots=True)
class Look:
    """The frequency and thoroughness of the scanner's looks, and their visit. The scanner only repeats the number."""

    watch: Watch
    visit: int


@dataclass(frozen=True, slots=True)
class CodeRead:
    """A code was read that counts as a new scan (`kiosk.scanner.child.dedupe`).

    visit: the visit of the control line that was valid before the picture was taken.
    """

    payload: Payload
    visit: int


@dataclass(frozen=True, slots=True)
class Hint:
    """A code is in view but cannot be read; `hint` is a key of the visitor's texts; `visit` as in `CodeRead`."""

    hint: str
    visit: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A small live picture for the visitor, as JPEG. It is shown and never stored."""

    jpeg: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CameraTrouble:
    """The reason why the scanner is about to end; `fault` is a key of `faults.FAULTS`."""

    fault: str


Message = Beat | CodeRead | Hint | Preview | CameraTrouble | ScannerFigures

_LIMITS: dict[int, int] = {
    1: _BEAT.size,
    2: _VISIT.size + MAX_PAYLOAD_BYTES,
    3: _VISIT.size + MAX_NAME_BYTES,
    4: MAX_PREVIEW_BYTES,
    5: MAX_NAME_BYTES,
    6: _FIGURES.size,
}
"""Kind of message → largest length of its body in bytes."""


def encode(message: Message) -> bytes:
    """Return the bytes of a message. Raises `BadMessage` if its body is longer than the limit of its kind."""
    match message:
        case Beat(frames, frame_age_s):
            kind, body = 1, _BEAT.pack(frames, frame_age_s)
        case CodeRead(payload, visit):
            kind, body = 2, _VISIT.pack(visit) + payload.data
        case Hint(hint, visit):
            kind, body = 3, _VISIT.pack(visit) + hint.encode()
        case Preview(jpeg):
            kind, body = 4, jpeg
        case CameraTrouble(fault):
            kind, body = 5, fault.encode()
        case ScannerFigures(frames_hz, decodes, median_ms, p95_ms, level):
            kind, body = 6, _FIGURES.pack(frames_hz, decodes, median_ms, p95_ms, level)
    _check_length(kind, len(body))
    return _HEADER.pack(_SIGNATURE, _VERSION, kind, len(body)) + body


class MessageReader:
    """Turns a stream of bytes into messages. Between two calls it holds at most the bytes of one message."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> list[Message]:
        """Return the messages that `chunk` completes.

        Raises `BadMessage` if the bytes are no message. The position in the stream is then lost: end the other process.
        """
        self._buffer += chunk
        messages = []
        while len(self._buffer) >= _HEADER.size:
            signature, version, kind, length = _HEADER.unpack_from(self._buffer)
            if signature != _SIGNATURE or version != _VERSION:
                raise BadMessage(
                    f"not a message of version {_VERSION}; the scanner and the controller must be of one release"
                )
            _check_length(kind, length)
            end = _HEADER.size + length
            if len(self._buffer) < end:
                break
            body = bytes(self._buffer[_HEADER.size : end])
            del self._buffer[:end]
            messages.append(_decode(kind, body))
        return messages


def _check_length(kind: int, length: int) -> None:
    limit = _LIMITS.get(kind)
    if limit is None:
        raise BadMessage(f"message of unknown kind {kind}; the known kinds are {min(_LIMITS)} to {max(_LIMITS)}")
    if length > limit:
        raise BadMessage(f"message of kind {kind} with {length} bytes; at most {limit} are allowed")


def _decode(kind: int, body: bytes) -> Message:
    """Return the message of a known kind. Raises `BadMessage` if its body is not valid."""
    match kind:
        case 1:
            if len(body) != _BEAT.size:
                raise BadMessage(f"heartbeat of {len(body)} bytes; it has {_BEAT.size}")
            frames, frame_age_s = _BEAT.unpack(body)
            if not 0.0 <= frame_age_s < 1e9:
                raise BadMessage("heartbeat with an impossible age of its newest frame")
            return Beat(frames, frame_age_s)
        case 2:
            visit, payload = _split_visit(body)
            return CodeRead(Payload(payload), visit)
        case 3:
            visit, name = _split_visit(body)
            return Hint(_name(name), visit)
        case 4:
            if not body.startswith(_JPEG_START):
                raise BadMessage("preview that is no JPEG")
            return Preview(body)
        case 5:
            return CameraTrouble(_name(body))
        case _:
            return _figures(body)


def _figures(body: bytes) -> ScannerFigures:
    if len(body) != _FIGURES.size:
        raise BadMessage(f"figures of {len(body)} bytes; they have {_FIGURES.size}")
    figures = ScannerFigures(*_FIGURES.unpack(body))
    numbers = (figures.frames_hz, figures.median_ms, figures.p95_ms, figures.level)
    if not all(0.0 <= number < 1e9 for number in numbers):
        raise BadMessage("figures with an impossible number")
    return figures


def _split_visit(body: bytes) -> tuple[int, bytes]:
    if len(body) < _VISIT.size:
        raise BadMessage(f"code or hint of {len(body)} bytes; the number of its visit has {_VISIT.size}")
    (visit,) = _VISIT.unpack_from(body)
    return visit, body[_VISIT.size :]


def _name(body: bytes) -> str:
    if not _NAME.fullmatch(body):
        raise BadMessage("name with other characters than a-z, 0-9 and _")
    return body.decode()


def control_line(look: Look) -> bytes:
    """Return the line by which the controller sets how the scanner looks, and for which visit."""
    return f"watch {look.watch.value} {look.visit}\n".encode()


def parse_control(line: bytes) -> Look:
    """Return the setting in a control line; the inverse of `control_line`. Raises `BadMessage` for any other line."""
    found = _CONTROL.fullmatch(line)
    if not found:
        raise BadMessage("control line that is not 'watch off', 'glance', 'full' or 'again' with a visit's number")
    return Look(Watch(found[1].decode()), int(found[2]))
