"""What the lamp and the buzzer do for each signal: one table, in which no two signals share a colour or a rhythm.

Rule 1: colours mean what IEC 60073 says: green go, yellow attention, red fault and emergency, blue something to do,
        white nothing special. The two signals that are left have mixed colours, which it does not use.
Rule 2: only the emergency flashes 1.4 to 2.8 times a second, the standard's rate for "act now"; all others are
        slower. Nothing flashes more than three times in a second (WCAG 2.3.1).
Rule 3: nobody has to see colours: the rhythm alone tells the signals apart, and a single lamp has nothing else.
Rule 4: sounds are short, and a referral sounds no alarm: it is nobody's business but the visitor's.
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
    # a flash now and then
    Signal.FAULT: ((RED, 0.3), (DARK, 2.7)),
    # two flashes a second, red and white by turns
    Signal.EMERGENCY: ((RED, 0.25), (DARK, 0.25), (WHITE, 0.25), (DARK, 0.25)),
    # one long, one short
    Signal.SERVICE: ((MAGENTA, 1.2), (DARK, 0.4), (MAGENTA, 0.3), (DARK, 1.1)),
}
"""Lit colours and dark gaps, in seconds, played over and over; a beat of 0 s is steady."""

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
"""Sound and silence, in seconds, played once when the signal comes."""
