"""The questions of `kiosk init`, the answers of each profile, and the conversion of an answer from text."""

from collections.abc import Mapping
from dataclasses import dataclass

from kiosk.errors import KioskError
from kiosk.settings.yaml.mistakes import did_you_mean, either

Answer = str | tuple[str, ...]
Answers = Mapping[str, Answer]
"""Every question has an answer; "" means that the value must still be filled in."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    options: the allowed answers; none for any text. many: several answers, or none. needs: pairs of another question
    and words; the question is asked only if the answer to each of them contains one of its words.
    """

    name: str
    text: str
    options: tuple[str, ...] = ()
    many: bool = False
    needs: tuple[tuple[str, tuple[str, ...]], ...] = ()


PROFILES = ("office", "hospital", "food_plant", "farm", "school")
STEPS = ("disinfect", "temperature", "questions", "credential")
ASKED = ("fever", "cough", "contact")
PARTS = ("buzzer", "speaker", "passage", "street_contact", "stop", "service", "emergency", "tamper")
HEALTH = ("eu_dcc", "smart_health_card", "vds_nc", "divoc")
"""The kinds that are judged by the rules for health credentials, and need imported keys."""

KINDS = ("site_pass", "online_status", *HEALTH)

CREDENTIAL = ("steps", ("credential",))
PASSES = ("credentials", ("site_pass",))
ONLINE = ("credentials", ("online_status",))
VACCINATION = ("credentials", ("online_status", *HEALTH))
"""The needs of the questions about these parts."""

QUESTIONS = (
    Question("profile", "What kind of site is it? The other questions then have its usual answers", PROFILES),
    Question("name", "Short name of this kiosk, for the journal: lowercase letters, digits and '-'"),
    Question("site", "Name of the building, as visitors read it"),
    Question("time_zone", "Time zone of the site ('timedatectl list-timezones' lists them)"),
    Question("languages", "Languages of the screen; the first is the largest", ("id", "en"), many=True),
    Question("steps", "Steps of a visit, in their order", STEPS, many=True),
    Question(
        "spray",
        "Is the chamber sprayed while it is empty, or on the visitor ('occupied'), which the WHO advises against?",
        ("empty", "occupied"),
        needs=(("steps", ("disinfect",)),),
    ),
    Question(
        "questions",
        "Questions to visitors, who answer by two touch-free switches; a 'yes' refers them",
        ASKED,
        many=True,
        needs=(("steps", ("questions",)),),
    ),
    Question("relays", "Does a low or a high level switch the relays on? Most low-cost boards: low", ("low", "high")),
    Question(
        "lock", "Lock of the building door: a strike (power unlocks) or a magnet (power locks)", ("strike", "magnet")
    ),
    Question(
        "street_lock", "Has the street door a lock of its own (an airlock)?", ("no", "magnet", "strike_with_handle")
    ),
    Question("lamp", "Status light: three colours, a single lamp, or none", ("rgb", "single", "none")),
    Question("parts", "Which of these parts does the booth have?", PARTS, many=True),
    Question("camera", "Camera: on the ribbon cable, or USB", ("ribbon", "usb"), needs=(CREDENTIAL,)),
    Question("credentials", "What may visitors show?", KINDS, many=True, needs=(CREDENTIAL,)),
    Question("pass_site", "Short name of the site in its passes", needs=(CREDENTIAL, PASSES)),
    Question(
        "pass_key",
        "File of the public key of your passes ('kiosk pass key' makes it), beside the settings file",
        needs=(CREDENTIAL, PASSES),
    ),
    Question("status_address", "Address of the status service", needs=(CREDENTIAL, ONLINE)),
    Question("status_prefix", "A code of the app begins with", needs=(CREDENTIAL, ONLINE)),
    Question("officer", "The officer's place, as visitors read it, such as 'Petugas di meja depan'"),
    Question("officer_where", "Where is it in the building?"),
    Question(
        "clinic",
        "Where may somebody without a vaccination go, such as the nearest health centre?",
        needs=(CREDENTIAL, VACCINATION),
    ),
    Question("clinic_where", "Its street and town", needs=(CREDENTIAL, VACCINATION)),
)
"""In the order in which they are asked."""

_USUAL: dict[str, Answer] = {
    "time_zone": "Asia/Jakarta",
    "languages": ("id", "en"),
    "steps": ("disinfect", "temperature", "credential"),
    "spray": "empty",
    "questions": ASKED,
    "relays": "low",
    "lock": "strike",
    "street_lock": "no",
    "lamp": "rgb",
    "parts": ("buzzer", "speaker", "passage", "street_contact", "stop", "service", "emergency"),
    "camera": "ribbon",
    "credentials": KINDS,
}

_PROFILES: dict[str, dict[str, Answer]] = {
    "office": {},
    "hospital": {
        "steps": ("temperature", "credential"),
        "credentials": ("site_pass", "eu_dcc", "smart_health_card", "vds_nc", "divoc"),
        "lock": "magnet",
        "parts": (*PARTS[:3], "stop", "service", "emergency", "tamper"),
    },
    "food_plant": {
        "credentials": ("site_pass",),
        "parts": (*PARTS[:4], "stop", "service", "emergency"),
    },
    "farm": {
        "steps": ("disinfect", "credential"),
        "credentials": ("site_pass",),
        "street_lock": "strike_with_handle",
        "lamp": "single",
        "camera": "usb",
        "parts": ("buzzer", "passage", "street_contact", "stop", "service", "emergency"),
    },
    "school": {
        "steps": ("temperature", "credential"),
        "credentials": ("site_pass",),
        "parts": ("speaker", "passage", "emergency", "service"),
    },
}


def usual_answers(profile: str) -> dict[str, Answer]:
    """Return an answer for every question: those of the profile, and "" for what only the site knows."""
    nothing: dict[str, Answer] = {question.name: () if question.many else "" for question in QUESTIONS}
    return nothing | _USUAL | _PROFILES[profile] | {"profile": profile}


def is_asked(question: Question, answers: Answers) -> bool:
    """Return True if the question follows from the answers before it."""
    return all(any(word in answers[name] for word in words) for name, words in question.needs)


def read_answer(question: Question, given: object) -> Answer:
    """Return the answer in `given`, a text or a list of texts. Raises `KioskError` if it is not allowed."""
    items = (
        given if isinstance(given, list | tuple) else str(given).replace(",", " ").split() if question.many else [given]
    )
    words = tuple(str(item).strip() for item in items)
    for word in words:
        if any(not character.isprintable() for character in word):
            raise KioskError(f"the answer to '{question.name}' must be one line of text")
        if question.options and word not in question.options:
            hint = did_you_mean(word, question.options)
            raise KioskError(f"'{word}' is no answer to '{question.name}'; allowed: {either(question.options)}{hint}")
    if question.many:
        return tuple(dict.fromkeys(words))
    if len(words) != 1:
        raise KioskError(f"'{question.name}' needs one answer, not {len(words)}")
    return words[0]


def question_of(name: str) -> Question:
    """Return the question with this name. Raises `KioskError` if there is none."""
    known = {question.name: question for question in QUESTIONS}
    if name not in known:
        raise KioskError(f"there is no question '{name}'{did_you_mean(name, known)}; known: {', '.join(known)}")
    return known[name]
