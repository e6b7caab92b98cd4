"""Audio in memory, and its files: WAV with 16-bit samples, which `wave` of the standard library reads and writes.

Rule: a file is checked before it is used. A recording that a site made may have any rate and one or two channels.
"""

import array
import io
import struct
import sys
import wave
from dataclasses import dataclass
from pathlib import Path

from kiosk.errors import DeviceError

SAMPLE_BYTES = 2
RATES_HZ = (8000, 48000)
CHANNELS = (1, 2)
LONGEST_S = 20.0
"""The limits of a clip; the longest sentence that the texts allow lasts about 12 s."""

MAX_FILE_BYTES = int(RATES_HZ[1] * CHANNELS[1] * SAMPLE_BYTES * LONGEST_S) + 65536
"""The largest file that is read: the longest clip, and room for the other parts of a WAV file."""

_MARK_TEXT = b"kiosk voice render"
_MARK = struct.pack("<4sI4s4sI", b"LIST", 12 + len(_MARK_TEXT), b"INFO", b"ISFT", len(_MARK_TEXT)) + _MARK_TEXT
"""The last chunk of a rendered file: the name of the software (Multimedia Programming Interface 1.0, LIST INFO).
By it a rendered file is never taken for a recording, even if the manifest is lost."""


@dataclass(frozen=True, slots=True)
class Audio:
    """Samples of 16 bits, little-endian, the channels in turn (ALSA's S16_LE)."""

    rate_hz: int
    channels: int
    samples: bytes

    @property
    def length_s(self) -> float:
        """The duration in seconds."""
        return len(self.samples) / (self.rate_hz * self.channels * SAMPLE_BYTES)


def read_wav(path: Path) -> Audio:
    """Return the audio of a file. Raises `DeviceError` (speaker_clips) with the reason if it cannot be used."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise _unusable(path, "is missing") from None
    except OSError as error:
        raise _unusable(path, f"cannot be read ({error.strerror})") from error
    return parse_wav(data, path)


def parse_wav(data: bytes, path: Path) -> Audio:
    """Return the audio in `data`, the content of `path`. Raises `DeviceError` (speaker_clips) if it cannot be used."""
    if len(data) > MAX_FILE_BYTES:
        raise _unusable(path, f"is longer than {MAX_FILE_BYTES} bytes")
    try:
        with wave.open(io.BytesIO(data)) as reader:
            width, rate_hz, channels = reader.getsampwidth(), reader.getframerate(), reader.getnchannels()
            frames = reader.getnframes()
            samples = reader.readframes(frames)
    # `wave` passes on the exceptions of its chunks on a damaged header
    except (wave.Error, EOFError, ValueError, ArithmeticError, RuntimeError) as error:
        raise _unusable(path, f"is no WAV file ({error or 'it is too short'})") from error
    if width != SAMPLE_BYTES:
        raise _unusable(path, f"has {8 * width} bits a sample; 16 are allowed")
    if not RATES_HZ[0] <= rate_hz <= RATES_HZ[1] or channels not in CHANNELS:
        raise _unusable(path, f"has {rate_hz} Hz and {channels} channels; 8000 to 48000 Hz and 1 or 2 are allowed")
    if len(samples) != frames * channels * SAMPLE_BYTES or not samples:
        raise _unusable(path, "is empty or cut off")
    audio = Audio(rate_hz, channels, samples)
    if audio.length_s > LONGEST_S:
        raise _unusable(path, f"lasts {audio.length_s:.1f} s; at most {LONGEST_S:.0f} s are allowed")
    return audio


def wav_bytes(audio: Audio) -> bytes:
    """Return the content of a WAV file with `audio`."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(audio.channels)
        writer.setsampwidth(SAMPLE_BYTES)
        writer.setframerate(audio.rate_hz)
        writer.writeframes(audio.samples)
    return file.getvalue()


def rendered_wav_bytes(audio: Audio) -> bytes:
    """Return the content of a WAV file with `audio` and the mark of rendered clips."""
    data = wav_bytes(audio) + _MARK
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def is_rendered(data: bytes) -> bool:
    """Return True if the content of a WAV file has the mark of rendered clips."""
    return data.endswith(_MARK)


def scaled(audio: Audio, factor: float) -> Audio:
    """Return `audio` with every sample multiplied by `factor`, from 0 up; what is too loud is cut to the largest."""
    samples = _numbers(audio.samples)
    louder = array.array("h", [max(-32768, min(32767, round(sample * factor))) for sample in samples])
    return Audio(audio.rate_hz, audio.channels, _bytes(louder))


def peak(audio: Audio) -> int:
    """Return the largest distance of a sample from 0; at most 32768."""
    samples = _numbers(audio.samples)
    return max((abs(sample) for sample in samples), default=0)


def from_numbers(rate_hz: int, numbers: list[int]) -> Audio:
    """Return the audio of one channel with these samples, each from -32768 to 32767."""
    return Audio(rate_hz, 1, _bytes(array.array("h", numbers)))


def _numbers(samples: bytes) -> "array.array[int]":
    numbers = array.array("h", samples)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _bytes(numbers: "array.array[int]") -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _unusable(path: Path, reason: str) -> DeviceError:
    return DeviceError("speaker", f"'{path}' {reason}", "speaker_clips")
