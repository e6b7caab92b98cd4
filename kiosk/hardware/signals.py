"""The light pattern and the sound of each signal: one table, in which no two signals share a colour or a rhythm.

Rule 1: colours follow IEC 60073: green safe to go, yellow attention, red fault and emergency, blue an action is
        demanded, white no special meaning. The other two signals have mixed colours, which the standard does not use.
Rule 2: only the emergency flashes 1.4 to 2.8 times a second, the standard's rate for immediate action; all others are
        slower. The lamp never flashes more than three times in a second (WCAG 2.3.1).
Rule 3: colour vision is not needed: the rhythm alone distinguishes the signals, and a single lamp has only the rhythm.
Rule 4: sounds are short, and a referral does not sound like an alarm: it concerns only the visitor.
"""

from typing import NamedTuple

from kiosk.model import Signal


class Colour(NamedTuple):
    """The parts of the lamp that are lit."""

    red: bool
    green: bool
    blue: bool


DARK = Colour(red=False, green=False, blue=False)
RED = Colour(red=True, green=False, blue=False)
GREEN = Colour(red=False, green=True, blue=False)
BLUE = Colour(red=False, green=False, blue=True)
YELLOW = Colour(red=True, green=True, blue=False)
CYAN = Colour(red=False, green=True, blue=True)
MAGENTA = Colour(red=True, green=False, blue=True)
WHITE = Colour(red=True, green=True, blue=True)

LightPattern = tuple[tuple[Colour, float], ...]
Sound = tuple[tuple[bool, float], ...]

LIGHTS: dict[Signal, LightPattern] = {
    # steady
    Signal.READY: ((WHITE, 0.0),),
    # slow and even
    Signal.BUSY: ((CYAN, 1.0), (DARK, 1.0)),
    # two short
    Signal.COME_CLOSER: ((BLUE, 0.3), (DARK, 0.3), (BLUE, 0.3), (DARK, 1.1)),
    # long with short gaps
    Signal.ENTER: ((GREEN, 1.6), (DARK, 0.4)),
    # three short
    Signal.REFERRED: ((YELLOW, 0.3), (DARK, 0.3), (YELLOW, 0.3), (DARK, 0.3), (YELLOW, 0.3), (DARK, 1.5)),
    # one flash every three seconds
    Signal.FAULT: ((RED, 0.3), (DARK, 2.7)),
    # two flashes a second, red and white in turn
    Signal.EMERGENCY: ((RED, 0.25), (DARK, 0.25), (WHITE, 0.25), (DARK, 0.25)),
    # one long, one short
    Signal.SERVICE: ((MAGENTA, 1.2), (DARK, 0.4), (MAGENTA, 0.3), (DARK, 1.1)),
}
"""Pairs of a colour and its duration in seconds, repeated; a duration of 0 s means steady."""

QUIET: Sound = ((False, 0.0),)

SOUNDS: dict[Signal, Sound] = {
    Signal.READY: QUIET,
    Signal.BUSY: QUIET,
    Signal.COME_CLOSER: ((True, 0.1), *QUIET),
    Signal.ENTER: ((True, 0.15), (False, 0.1), (True, 0.15), *QUIET),
    Signal.REFERRED: ((True, 0.4), *QUIET),
    Signal.FAULT: ((True, 0.1), (False, 0.3), (True, 0.1), (False, 0.3), (True, 0.1), *QUIET),
    Signal.EMERGENCY: ((True, 1.0), (False, 0.5), (True, 1.0), (False, 0.5), (True, 1.0), *QUIET),
    Signal.SERVICE: QUIET,
}
"""Pairs of sound or silence and its duration in seconds, played once when the signal begins."""
