"""Stories: what is told of a world. `docs/worlds.md` names every verb.

A story has four parts: `site` changes settings of the default booth, `people` lists who is there, `lines` says what
bodies, doors, sensors, wires, services and the card do and when, and `lasts_s` says when the world ends. A line happens
`at_s` seconds after the start, or `at_s` seconds after the screen began to show the phase that `when` names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from kiosk.settings.schema.wiring import InputsSettings

ROOM_C = 26.0
"""The temperature of a room in degrees Celsius, if a story names none."""

OWNED_CODES = ("pass", "daily", "single", "app")
CODES = (
    *OWNED_CODES,
    *("expired", "forged", "foreign", "wifi", "sheet", "phone", "refused phone", "refused app", "crashing app"),
)
"""Codes that a person may carry.

pass: a valid site pass of their own. daily, single: one for one use on each day, or for a single use.
expired: one whose day is over. forged: one whose signature was changed. foreign: one of another office.
wifi: a code that is no credential. sheet: a sheet of sixty codes that are none.
phone: a phone that scans the venue's code from the screen, and the venue passes its owner. refused phone: it does not.
app: a code of a health app, which the status service passes. refused app: it does not. crashing app: the code ends the
service for some seconds.
"""

BEHAVIOURS = ("honest", "hurried", "slow", "scripted", "follows", "joins", "never_moves")
LED = ("follows", "joins")
"""The habits of people; see `people`. Those in `LED` go in with somebody else, whom they name."""

SHOWS = ("asked", "early", "in_turn", "late")
"""The moments at which people show their codes by themselves.

asked: all codes when the screen asks for one. early: all codes, from stepping in. in_turn: the first code when the
screen asks for one, the last one when it asks for another. late: the last code, a while after the referral began.
"""

STARTS = ("street", "building")
"""The places where somebody may be at first."""

HANDS = ("steady", "moving", "glare", "bright", "far", "tilted", "paper")
"""The ways in which people hold up their codes in worlds with pictures; see `kiosk.simulator.worlds.pictures.hands`."""

VERBS: dict[str, tuple[str, ...]] = {
    "does": ("steps_in", "steps_out", "goes_in", "comes_out", "faces", "turns_away", "hides_code"),
    "shows": (),
    "presses": ("skip", "exit", "street_exit", "yes", "no"),
    "holds": ("building", "street"),
    "lets_go": ("building", "street"),
}
"""Verbs of a line with `body`, and the words that may follow; a code's name may follow `shows`."""

SUBJECTS: dict[str, dict[str, tuple[str, ...]]] = {
    "door": {"is": ("forced_open", "shut")},
    "sensor": {"reads": ("active", "inactive", "somebody", "nobody", "open", "closed"), "flickers_s": ()},
    "wire": {"is": ("cut",)},
    "officer": {"does": ("presses", "presses_twice", "stops")},
    "emergency": {"is": ("raised", "cleared")},
    "service_key": {"is": ("turned_on", "turned_off")},
    "thermometer": {"is": ("silent", "garbled", "error_flag", "lit")},
    "camera": {"is": ("silent",)},
    "credentials": {"late_s": ()},
    "venue": {
        "is": ("silent", "repeated", "swapped", "other_kiosk", "other_visit", "unbound"),
        "late_s": (),
    },
    "status_service": {"is": ("refuses", "resets", "silent", "fails", "untrusted"), "late_s": ()},
    "card": {"is": ("stalled",)},
    "power": {"is": ("cut", "cut_in_a_row")},
    "process": {"is": ("killed",)},
    "clock": {"steps_s": ()},
    "lock": {"is": ("stuck_locked", "stuck_unlocked")},
    "street_lock": {"is": ("stuck_locked", "stuck_unlocked")},
}
"""For each subject other than a body: its verbs, and the words that may follow. Verbs without words take a number."""

RANGES = {"steps_s": (-1e6, 1e6), "flickers_s": (0.01, 60.0), "late_s": (0.0, 1e6)}
"""The least and the greatest number after a verb that takes one."""

MOMENTARY = frozenset(
    {
        *("steps_in", "steps_out", "goes_in", "comes_out", "hides_code", "lets_go"),
        *("shut", "presses_twice", "cleared", "turned_off", "steps_s"),
    }
)
"""Words and verbs after which `for` has no meaning: nothing lasts."""

NAMED = {
    "door": ("building", "street"),
    "sensor": tuple(InputsSettings.model_fields),
    "wire": tuple(InputsSettings.model_fields),
}
"""Subjects whose value is one of these names, as in `sensor: presence`. The value of the others is the word, as in
`officer: presses`."""


class _StoryDumper(yaml.SafeDumper):
    """Writes values that occur twice in full, because `read_story` accepts no aliases."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the form of PyYAML
        """Return True for every value."""
        return True


@dataclass(frozen=True, slots=True)
class StoryPerson:
    """One person of a story.

    carries: names of codes. "pass of A" is the valid site pass of A; in a file, "pass" is that of the person.
    behaves: one of `BEHAVIOURS`. follows: with whom somebody goes in who follows or joins.
    arrives_s: when the person comes to the street door. declines: presses skip when the spray is announced.
    shows: one of `SHOWS`. hand: one of `HANDS`. starts: one of `STARTS`.
    returns_s: comes back once, so long after being sent away; None: never.
    returns_skin_c: forehead temperature then; None: the same.
    """

    name: str
    skin_c: float = 34.7
    carries: tuple[str, ...] = ()
    behaves: str = "honest"
    follows: str = ""
    arrives_s: float = 0.0
    declines: bool = False
    shows: str = "asked"
    hand: str = "steady"
    returns_s: float | None = None
    returns_skin_c: float | None = None
    starts: str = "street"


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One line: the subject (`body`, `sensor`, …) with its name, the verb, the word after the verb, and how long."""

    subject: str
    name: str
    verb: str
    word: str | float
    at_s: float = 0.0
    when: str = ""
    for_s: float | None = None

    def __str__(self) -> str:
        """Return the line as it is written in a file."""
        text: str = yaml.dump(self.as_yaml(), Dumper=_StoryDumper, default_flow_style=True, sort_keys=False, width=200)
        return text.strip()

    def as_yaml(self) -> dict[str, Any]:
        """Return the values of the line as they stand in a file."""
        when: dict[str, Any] = {"when": self.when, "after": self.at_s} if self.when else {"at": self.at_s}
        if self.name:
            what: dict[str, Any] = {self.subject: self.name, self.verb: self.word}
        elif isinstance(self.word, str):
            what = {self.subject: self.word}
        else:
            what = {self.subject: {self.verb: self.word}}
        return when | what | ({} if self.for_s is None else {"for": self.for_s})


@dataclass(frozen=True, slots=True)
class Story:
    """A world as it is told.

    pictures: the camera sees drawn pictures, which the real scanner reads. room_c: the temperature of the room and of
    what stands in it, in degrees Celsius.
    """

    title: str
    site: Mapping[str, Any]
    people: tuple[StoryPerson, ...]
    lines: tuple[StoryLine, ...] = ()
    lasts_s: float = 60.0
    seed: int = 1
    pictures: bool = False
    room_c: float = ROOM_C

    def as_yaml(self) -> str:
        """Return the story as a file that `read_story` reads back."""
        people = {
            one.name: {
                key: list(value) if isinstance(value, tuple) else value
                for key, value in (
                    ("skin_c", one.skin_c),
                    ("carries", one.carries),
                    ("behaves", f"{one.behaves} {one.follows}" if one.follows else one.behaves),
                    ("starts", one.starts),
                    ("arrives", one.arrives_s),
                    ("declines", one.declines),
                    ("shows", one.shows),
                    ("hand", one.hand),
                    ("returns", one.returns_s),
                    ("returns_skin_c", one.returns_skin_c),
                )
                if value is not None
            }
            for one in self.people
        }
        head = {
            "title": self.title,
            "seed": self.seed,
            "pictures": self.pictures,
            "lasts": self.lasts_s,
            "room_c": self.room_c,
            "site": dict(self.site),
        }
        text: str = yaml.dump(head | {"people": people}, Dumper=_StoryDumper, sort_keys=False, allow_unicode=True)
        return text + ("lines:\n" + "".join(f"  - {line}\n" for line in self.lines) if self.lines else "lines: []\n")
