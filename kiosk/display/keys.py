"""Every key of the visitors' texts, in one table; `config/texts/*.yaml` hold exactly these, in every language.

Rule 1: pure, like `screens`, which asks for no key that is not here.
Rule 2: a scene has a headline and an instruction; a referral also says where to go.
"""

from kiosk.model import Reason, Step

SCENES = (
    "starting",
    "disinfecting.warn",
    "disinfecting.spray",
    "disinfecting.door",
    "disinfecting.empty",
    "measuring.closer",
    "measuring.pause",
    "scanning",
    "checking",
    "admitting",
    "emergency",
    "out_of_service",
    "maintenance",
)

HINTS = frozenset(
    {
        # of the scanner
        "code_hold_still",
        "code_too_far",
        "too_small",
        "too_dark",
        "too_bright",
        "glare",
        "moving",
        "tilted",
        "cut_off",
        "out_of_focus",
        "not_a_credential",
        # of the thermometer
        "too_far",
        "hold_still",
        "room_unsuitable",
        "sensor",
    }
)
"""What a worker may ask the visitor to change; the notices of `flow.state.Visit`."""

ENTER = "step.enter"
"""The last mark of the progress bar: no step of the machine, but where the visitor wants to be."""

PLACEHOLDERS = {"figure": "temperature", "fault": "fault"}
"""The only sentences with a gap, and its name in braces."""

PAGE = frozenset(
    {
        "format.decimal",
        "page.hold_here",
        "page.hurry",
        "page.lost.headline",
        "page.lost.instruction",
        "page.seconds",
        "page.simulation",
    }
)
"""Words that the page itself holds, whatever the screen; `format.decimal` is the sign in 36,5."""

_OTHERS = frozenset(
    {
        "disinfecting.leave",
        "disinfecting.skip",
        "fault",
        "figure",
        "idle.chamber",
        "idle.closer",
        "idle.code",
        "idle.door_forced",
        "idle.door_held_open",
        "idle.headline",
        "idle.presence_stuck",
        "idle.venue",
        "referring.take_along",
        "referring.voice",
    }
)


def headline(scene: str) -> str:
    """Key of a scene's headline."""
    return f"{scene}.headline"


def instruction(scene: str) -> str:
    """Key of the one thing to do, or to know, in a scene."""
    return f"{scene}.instruction"


def referring(reason: Reason) -> str:
    """Scene of a referral."""
    return f"referring.{reason.value}"


def place(reason: Reason) -> str:
    """Key of the sentence that says where to go."""
    return f"referring.{reason.value}.place"


def hint(name: str) -> str:
    """Key of a hint's sentence."""
    return f"hint.{name}"


def step(which: Step) -> str:
    """Key of a step's name in the progress bar."""
    return f"step.{which.value}"


def _all_keys() -> frozenset[str]:
    scenes = (*SCENES, *(referring(reason) for reason in Reason))
    return (
        frozenset(line(scene) for scene in scenes for line in (headline, instruction))
        | {place(reason) for reason in Reason}
        | {hint(name) for name in HINTS}
        | {step(which) for which in Step}
        | {ENTER}
        | PAGE
        | _OTHERS
    )


KEYS = _all_keys()
