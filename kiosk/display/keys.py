"""All keys of the visitors' texts. Each file in `config/texts/` holds exactly these keys.

Rule 1: this module is pure, like the module `screens`, which uses only the keys of this module.
Rule 2: each scene (screen) has a headline and an instruction; a referral also has a sentence that says where to go.
"""

from kiosk.model import HealthQuestion, Reason, Step

SCENES = (
    "starting",
    "disinfecting.warn",
    "disinfecting.spray",
    "disinfecting.door",
    "disinfecting.announce",
    "disinfecting.empty",
    "measuring.closer",
    "measuring.pause",
    *(f"asking.{question.value}" for question in HealthQuestion),
    "scanning",
    "checking",
    "admitting",
    "emergency",
    "out_of_service",
    "maintenance",
)

HINTS = frozenset(
    {
        # from the flow
        "begin_again",
        # from the scanner
        "code_hold_still",
        "too_small",
        "too_dark",
        "too_bright",
        "glare",
        "moving",
        "tilted",
        "cut_off",
        "out_of_focus",
        "not_a_credential",
        "expired",
        "status_unknown",
        "link_only",
        # from the venue's check-in
        "continue_on_phone",
        # from the thermometer
        "too_far",
        "hold_still",
        "room_unsuitable",
        "step_back",
        "sensor",
    }
)
"""Names of the hints that a worker may give to the visitor; the field `notice` of `flow.state.Visit` holds one."""

ENTER = "step.enter"
"""Key of the last mark of the progress bar: the entry into the building, which is not a step of the sequence."""

PLACEHOLDERS = {"figure": "temperature", "fault": "fault"}
"""Maps each key whose sentence has a placeholder to the name of the placeholder."""

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
"""Keys of the page's own texts, which belong to no screen; `format.decimal` is the decimal sign, as in 36,5."""

_OTHERS = frozenset(
    {
        "app.missing",
        "asking.privacy",
        "disinfecting.again",
        "disinfecting.leave",
        "disinfecting.skip",
        "fault",
        "figure",
        "idle.begin_again",
        "idle.chamber",
        "idle.closer",
        "idle.code",
        "idle.crowd_cold",
        "idle.crowd_warm",
        "idle.door_held_open",
        "idle.enclosure_opened",
        "idle.few_people",
        "idle.headline",
        "idle.passage_unadmitted",
        "idle.presence_stuck",
        "idle.screen_dark",
        "idle.shut_street_door",
        "idle.street_door_held_open",
        "idle.soon",
        "idle.stayed",
        "idle.venue",
        "officer.shut_street_door",
        "privacy",
        "referring.take_along",
        "referring.venue",
        "referring.voice",
        "scanning.venue",
        "second_try",
        "try_again",
    }
)


def headline(scene: str) -> str:
    """Return the key of a scene's headline."""
    return f"{scene}.headline"


def instruction(scene: str) -> str:
    """Return the key of a scene's instruction."""
    return f"{scene}.instruction"


def referring(reason: Reason) -> str:
    """Return the name of the scene that refers a visitor for `reason`."""
    return f"referring.{reason.value}"


def place(reason: Reason) -> str:
    """Return the key of the sentence that says where to go after a referral for `reason`."""
    return f"referring.{reason.value}.place"


def hint(name: str) -> str:
    """Return the key of a hint's sentence."""
    return f"hint.{name}"


def step(which: Step) -> str:
    """Return the key of a step's name in the progress bar."""
    return f"step.{which.value}"


WAYS = tuple(f"way.{way}" for way in ("ahead", "left", "right", "back", "up", "down"))
"""Keys of the ways from the screen to a place, which are said and not shown; `settings` has the same names."""

KEYS = (
    frozenset(key(scene) for scene in (*SCENES, *map(referring, Reason)) for key in (headline, instruction))
    | {place(reason) for reason in Reason}
    | {hint(name) for name in HINTS}
    | {step(which) for which in Step}
    | {ENTER}
    | PAGE
    | frozenset(WAYS)
    | _OTHERS
)
