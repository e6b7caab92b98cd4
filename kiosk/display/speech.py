"""Pure functions from a screen to its speech: what is said, how urgent it is, and the sound before it.

Rule 1: a speech says the step, what to do, and the place to go; somebody who sees nothing gets in by it alone.
Rule 2: a speech says neither the reason of a referral nor a temperature: others stand near.
Rule 3: a speech has keys and no sentences. `place(...)` and `way(...)` are keys of a place and of the way to it; all
        others are keys of the texts.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum

from kiosk.display import keys
from kiosk.display.screens import Screen, screen_of
from kiosk.flow.rules import Rules
from kiosk.flow.state import Situation, State
from kiosk.model import Phase, Reason


class Urgency(IntEnum):
    """The urgency of a speech. WARNING: it has to be heard before a short time is over. STOP: out of service."""

    ORDINARY = 0
    WARNING = 1
    STOP = 2
    EMERGENCY = 3


class Chime(Enum):
    """The short sound before a speech."""

    PASS = "pass"  # noqa: S105 - a verdict
    REFER = "refer"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Speech:
    """The sentences that are said while a screen is shown.

    scene: the key of the screen's headline. A speech is stale when another scene is shown.
    sentences: keys in the order in which they are said, in each language; empty if nothing is said.
    repeats: True if the speech is said again and again.
    hurry_at_s: when `HURRY` is said in addition, in monotonic seconds; None if it is not said.
    """

    scene: str
    sentences: tuple[str, ...] = ()
    urgency: Urgency = Urgency.ORDINARY
    chime: Chime | None = None
    repeats: bool = False
    hurry_at_s: float | None = None

    def says_the_same(self, other: "Speech") -> bool:
        """Return True if `other` says the same in the same scene."""
        return (self.scene, self.sentences) == (other.scene, other.sentences)


SILENCE = Speech("")

HURRY = "page.hurry"
NEXT_PLACE = "referring.voice"

HURRY_S, LONG_S = 10.0, 20.0
"""`HURRY` is said so long before the end of a countdown that lasts at least `LONG_S` and in which the visitor must act;
the page has the same limits (static/countdown.js)."""

URGENT = {
    keys.headline("disinfecting.warn"): Urgency.WARNING,
    keys.headline("disinfecting.announce"): Urgency.WARNING,
    keys.headline("admitting"): Urgency.WARNING,  # the door locks again after `door.hold_s`
    keys.headline("out_of_service"): Urgency.STOP,
    keys.headline("emergency"): Urgency.EMERGENCY,
}
"""The urgency of the scenes that are not ordinary, by the key of their headline."""

CHIMES = {
    keys.headline("admitting"): Chime.PASS,
    keys.headline("checking"): Chime.WAIT,
    keys.headline("measuring.pause"): Chime.WAIT,
    keys.headline("disinfecting.empty"): Chime.WAIT,
}
"""The sounds of the scenes, by the key of their headline. Every referral has `Chime.REFER`."""


def place(reason: Reason | None) -> str:
    """Return the key of the place to which visitors are referred for `reason`; None: the officer."""
    return f"place.{reason.value if reason else 'officer'}"


def way(reason: Reason | None) -> str:
    """Return the key of the way to the place for `reason`; None: to the officer."""
    return f"way.{reason.value if reason else 'officer'}"


def speech_of(screen: Screen) -> Speech:
    """Return the sentences that are said while `screen` is shown, with their chime and urgency."""
    if screen.referral is not None:
        return referral(screen.referral, screen.voice)
    end = screen.countdown
    return Speech(
        scene=screen.headline,
        sentences=screen.voice,
        urgency=URGENT.get(screen.headline, Urgency.ORDINARY),
        chime=CHIMES.get(screen.headline),
        repeats=screen.phase is Phase.EMERGENCY,
        hurry_at_s=end.ends_at_s - HURRY_S if end and end.urges and end.total_s >= LONG_S else None,
    )


def hurry(speech: Speech) -> Speech:
    """Return what is said in the scene of `speech` when its time is nearly over."""
    return Speech(speech.scene, (HURRY,), Urgency.WARNING)


def referral(reason: Reason, voice: tuple[str, ...] = (NEXT_PLACE,)) -> Speech:
    """Return the speech of a referral for `reason`; `voice` are the keys of its screen.

    After `NEXT_PLACE` come the place, and the way to it where the settings have one.
    """
    said = [each for key in voice for each in ((key, place(reason), way(reason)) if key == NEXT_PLACE else (key,))]
    return Speech(keys.headline(keys.referring(reason)), tuple(said), chime=Chime.REFER)


def warnings(rules: Rules, can_skip: bool) -> tuple[Speech, ...]:
    """Return the speeches after which the sprayer starts: to the visitor, and to somebody in the empty chamber."""
    told = (Situation.WARNED, Situation.TREATMENT_ANNOUNCED)
    return tuple(speech_of(screen_of(State(situation), rules, can_skip)) for situation in told)


_SHOWN_ONLY = (
    "fault",
    "figure",
    "format.",
    "idle.crowd_",
    "idle.few_people",
    "maintenance.",
    "page.",
    "referring.",
    "scanning.venue",
    "starting.",
    "step.",
    "app.",
    "asking.privacy",
    "privacy",
    "way.",
)
"""Beginnings of the keys of texts that are shown and never said."""

SPOKEN = frozenset(key for key in keys.KEYS if not key.startswith(_SHOWN_ONLY)) | {HURRY, NEXT_PLACE}
"""The keys of the texts that can be said: every speech has only these, and keys of places."""
