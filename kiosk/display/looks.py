"""The look of each scene: its tone, its pictogram, and whether its texts are read aloud. Pure."""

from dataclasses import dataclass
from enum import Enum

from kiosk.display import keys
from kiosk.model import HealthQuestion, Phase, Reason, Step


class Tone(Enum):
    """The tone of a screen. Each tone has its own colour; screens also have icons (IEC 60073, WCAG 2.2 1.4.1)."""

    NEUTRAL = "neutral"
    ACT = "act"
    GOOD = "good"
    ATTENTION = "attention"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class ScreenParts:
    """The look of a scene. `spoken`: True if its texts are read aloud; False for scenes without a visitor."""

    tone: Tone
    icon: str
    spoken: bool = True


LOOKS = {
    "starting": ScreenParts(Tone.NEUTRAL, "hourglass", spoken=False),
    "idle": ScreenParts(Tone.NEUTRAL, "welcome", spoken=False),
    "disinfecting.warn": ScreenParts(Tone.ACT, "spray"),
    "disinfecting.spray": ScreenParts(Tone.ACT, "spray"),
    "disinfecting.door": ScreenParts(Tone.ACT, "door"),
    "disinfecting.announce": ScreenParts(Tone.ATTENTION, "spray"),
    "disinfecting.empty": ScreenParts(Tone.ACT, "wait"),
    "measuring.closer": ScreenParts(Tone.ACT, "forehead"),
    "measuring.pause": ScreenParts(Tone.ACT, "rest"),
    **{f"asking.{question.value}": ScreenParts(Tone.ACT, "questions") for question in HealthQuestion},
    "scanning": ScreenParts(Tone.ACT, "phone"),
    "checking": ScreenParts(Tone.NEUTRAL, "checking"),
    "admitting": ScreenParts(Tone.GOOD, "tick"),
    "emergency": ScreenParts(Tone.DANGER, "exit"),
    "out_of_service": ScreenParts(Tone.ATTENTION, "officer"),
    "maintenance": ScreenParts(Tone.NEUTRAL, "wrench", spoken=False),
} | {keys.referring(reason): ScreenParts(Tone.ATTENTION, "place") for reason in Reason}

SKIP = "disinfecting.skip"

LEAVE = "disinfecting.leave"

PRIVACY = "privacy"

ANSWERS = "asking.privacy"

APP_HELPS = frozenset({Reason.NO_CREDENTIAL, Reason.NOT_A_CREDENTIAL})
"""Reasons of referrals that the code of the app would avoid."""

SILENT_FAULTS = frozenset(
    {
        "both_doors_open",
        "calibration_expired",
        "calibration_foreign",
        "door_forced",
        "nobody_measured",
        "readings_alike",
        "settings_refused",
        "spot_warm",
        "street_door_forced",
    }
)
"""Faults that concern the officer and no visitor: the screen shows their code, and says nothing."""

AGAIN = "disinfecting.again"

SOON_S = 1.0
"""A warning that lasts longer than this beyond its own time waits for the end of an earlier spray."""

CURRENT = {
    Phase.DISINFECTING: Step.DISINFECT,
    Phase.MEASURING: Step.TEMPERATURE,
    Phase.ASKING: Step.QUESTIONS,
    Phase.SCANNING: Step.CREDENTIAL,
    Phase.CHECKING: Step.CREDENTIAL,
}
"""The step of the phases that have one."""
