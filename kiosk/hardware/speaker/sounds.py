"""The three short sounds before a speech, computed when they are needed first.

They differ in three ways, so that somebody who hears high or low tones badly tells them apart too: PASS rises and has
three tones; REFER falls, is slow and has two; WAIT has one tone, twice. All tones lie between 390 and 1050 Hz, where
the hearing of old people is still good (ISO 7029) and small loudspeakers are loud.
"""

import functools
import math

from kiosk.display.speech import Chime
from kiosk.hardware.speaker.audio import Audio, from_numbers

RATE_HZ = 22050
LOUDNESS = 0.5
"""The amplitude; 1.0 is the largest. Speech is rendered at 0.9, but has its energy in short peaks."""

EDGE_S = 0.01
"""Each tone swells and fades for this time, or it would click."""

TONES: dict[Chime, tuple[tuple[float, float], ...]] = {
    Chime.PASS: ((523.0, 0.12), (659.0, 0.12), (1047.0, 0.22)),
    Chime.REFER: ((523.0, 0.28), (392.0, 0.40)),
    Chime.WAIT: ((659.0, 0.08), (0.0, 0.10), (659.0, 0.08)),
}
"""Pairs of a frequency in hertz and a duration in seconds; 0 Hz is a pause."""


@functools.cache
def sound_of(chime: Chime, volume: float = 1.0) -> Audio:
    """Return the sound, with every sample multiplied by `volume`."""
    return from_numbers(RATE_HZ, [number for hz, for_s in TONES[chime] for number in _tone(hz, for_s, volume)])


def silence(for_s: float) -> Audio:
    """Return audio without sound that lasts `for_s` seconds."""
    return from_numbers(RATE_HZ, _tone(0.0, for_s, 0.0))


def _tone(hz: float, for_s: float, volume: float) -> list[int]:
    count, edge = round(RATE_HZ * for_s), EDGE_S * RATE_HZ
    turn = 2 * math.pi * hz / RATE_HZ
    return [
        round(32767 * LOUDNESS * volume * min(1.0, number / edge, (count - number) / edge) * math.sin(turn * number))
        for number in range(count)
    ]
