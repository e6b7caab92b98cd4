"""A simulated loudspeaker on a virtual clock, with a voice that needs no synthesiser, and somebody who listens.

The clips of the simulated voice carry their sentence in their samples, and last about as long as a person needs to say
it. The loudspeaker therefore tells what is heard, from the samples alone, and when.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from kiosk.display.speech import Chime
from kiosk.errors import DeviceError
from kiosk.hardware.speaker.audio import SAMPLE_BYTES, Audio
from kiosk.hardware.speaker.sounds import sound_of
from kiosk.model import Clock

RATE_HZ = 8000
LETTER_S = 0.07
"""Time for one letter: eSpeak NG needs 0.06 to 0.08 s for one of the kiosk's sentences."""


class Mishap(Enum):
    """A fault of the simulated sound device, or none."""

    NONE = "none"
    MISSING = "missing"
    BUSY = "busy"
    HANGS = "hangs"


@dataclass(frozen=True, slots=True)
class Heard:
    """One sentence or sound, by its words or its name, with the time of its begin and end; `cut`: not to its end."""

    words: str
    from_s: float
    to_s: float
    cut: bool = False


def spell(language: str, sentence: str) -> Audio:
    """Return the clip of a sentence: its bytes are its first samples, and it lasts `LETTER_S` for each letter."""
    data = f"{language}: {sentence}\0".encode()
    data += b"\0" * (len(data) % SAMPLE_BYTES)
    return Audio(RATE_HZ, 1, data.ljust(round(len(sentence) * LETTER_S * RATE_HZ) * SAMPLE_BYTES, b"\0"))


def words_of(audio: Audio) -> str:
    """Return what is heard: the sentence of a clip, the name of a sound, or "" for silence."""
    for chime in Chime:
        if audio.samples == sound_of(chime).samples:
            return f"<{chime.value}>"
    return audio.samples.partition(b"\0")[0].decode("utf-8", "replace")


class SimulatedPlayer:
    """A player on a clock; `heard` lists what was said, in order. `mishap` can be changed at any time."""

    def __init__(self, clock: Clock, on_heard: Callable[[Heard], None] = lambda _heard: None) -> None:
        self.heard: list[Heard] = []
        self.mishap = Mishap.NONE
        self.closed = False
        self._clock = clock
        self._on_heard = on_heard
        self._playing: Audio | None = None
        self._since_s = 0.0

    def play(self, audio: Audio) -> None:
        """Begin to play."""
        self._playing, self._since_s = audio, self._clock.now_s()

    def ended(self) -> bool:
        """Return True at the end of the clip. Raises `DeviceError` for the mishaps that aplay would report."""
        if self.mishap in (Mishap.MISSING, Mishap.BUSY):
            self._playing = None
            raise DeviceError("speaker", "simulated", f"speaker_{self.mishap.value}")
        if self._playing is None:
            return True
        if self.mishap is Mishap.HANGS or self._clock.now_s() < self._since_s + self._playing.length_s:
            return False
        self._note(self._since_s + self._playing.length_s, cut=False)
        return True

    def stop(self) -> None:
        """Cut off what is being played."""
        if self._playing:
            self._note(self._clock.now_s(), cut=True)

    def close(self) -> None:
        """Stop."""
        self.stop()
        self.closed = True

    def _note(self, to_s: float, *, cut: bool) -> None:
        assert self._playing is not None
        words = words_of(self._playing)
        self._playing = None
        if words and self.mishap is not Mishap.HANGS:
            self.heard.append(Heard(words, self._since_s, to_s, cut))
            self._on_heard(self.heard[-1])
