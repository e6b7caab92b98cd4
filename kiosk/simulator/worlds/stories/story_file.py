"""Reading a story from its YAML file. Every mistake names the file, the place, what was found and what is allowed."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kiosk.errors import KioskError
from kiosk.model import Phase
from kiosk.settings.yaml.mistakes import clipped, did_you_mean
from kiosk.simulator.worlds.codes import is_of_app
from kiosk.simulator.worlds.stories.yaml_text import StoryMapping, read_yaml
from kiosk.simulator.worlds.story import (
    BEHAVIOURS,
    CODES,
    HANDS,
    LED,
    MOMENTARY,
    NAMED,
    OWNED_CODES,
    RANGES,
    ROOM_C,
    SHOWS,
    STARTS,
    SUBJECTS,
    VERBS,
    Story,
    StoryLine,
    StoryPerson,
)

PERSON = ("skin_c", "carries", "behaves", "starts", "arrives", "declines", "shows", "hand", "returns", "returns_skin_c")
MAX_BYTES = 256 * 1024
MAX_LINES = 10_000
MAX_PEOPLE = 5_000
MOST_S = 1e6
COLDEST_C, WARMEST_C = 0.0, 60.0
"""The range of forehead temperatures. A forehead may stand for anything that is held before the thermometer."""

QUIET_S, VISIT_S = 120.0, 60.0
"""A story that does not say how long it lasts ends so long after its last line, and so much later for each person."""


def read_story(path: Path) -> Story:
    """Read a story from a file.

    Raises `KioskError` with the file, the place, what was found and what is allowed.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise KioskError(f"{path}: cannot be read ({reason}); name a story's file") from None
    if len(data) > MAX_BYTES:
        raise KioskError(f"{path}: is larger than {MAX_BYTES // 1024} KiB, which is the most that a story may have")
    return _StoryReader(str(path)).story(read_yaml(data, str(path)))


class _StoryReader:
    """Turns what YAML holds into a story; every mistake names its place."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._line = 0

    def story(self, told: object) -> Story:
        top = self._mapping(told, "the story", "title, people, lines")
        self._known(top, ("title", "seed", "pictures", "lasts", "room_c", "site", "people", "lines"), "the story")
        people = tuple(self._people(top.get("people") or {}))
        if not people:
            raise self._wrong("people", "is empty; name at least one person, such as 'A: {behaves: honest}'")
        names = {one.name for one in people}
        told_lines = top.get("lines") or []
        if not isinstance(told_lines, list) or len(told_lines) > MAX_LINES:
            raise self._wrong("lines", f"must be a list of at most {MAX_LINES} entries")
        lines = tuple(self._entry(number, line, names) for number, line in enumerate(told_lines, 1))
        self._line = top.line
        return Story(
            title=str(top.get("title", Path(self._file).stem)),
            site=self._site(top.get("site") or {}, people, lines),
            people=people,
            lines=lines,
            lasts_s=self._number(top["lasts"], "lasts", 0.0) if "lasts" in top else long_enough_s(people, lines),
            seed=self._seed(top.get("seed", 1)),
            pictures=self._truth(top, "pictures", ""),
            room_c=self._number(top.get("room_c", ROOM_C), "room_c", COLDEST_C, WARMEST_C),
        )

    def _site(self, told: object, people: Iterable[StoryPerson], lines: Iterable[StoryLine]) -> Mapping[str, Any]:
        """Return the changes to the booth. It has the services of which codes or lines tell."""
        site = self._mapping(told, "site", "sequence, inputs")
        credentials = site.get("credentials", {})
        codes = [code for one in people for code in one.carries]
        codes += [str(line.word) for line in lines if line.verb == "shows"]
        subjects = {line.subject for line in lines}
        uses = {
            "check_in": "venue" in subjects or any("phone" in code for code in codes),
            "online_status": "status_service" in subjects or any(is_of_app(code) for code in codes),
        }
        if not isinstance(credentials, dict) or not any(uses.values()):
            return site
        return {**site, "credentials": {**{name: {} for name, is_used in uses.items() if is_used}, **credentials}}

    def _people(self, told: object) -> Iterator[StoryPerson]:
        people = self._mapping(told, "people", "A: {behaves: honest}")
        if len(people) > MAX_PEOPLE:
            raise self._wrong("people", f"has {len(people)} entries; {MAX_PEOPLE} are allowed")
        for name, details in people.items():
            where = f"people.{name}"
            given = self._mapping({} if details is None else details, where, "skin_c: 37.2")
            self._known(given, PERSON, where)
            behaves, _, follows = str(given.get("behaves", "honest")).partition(" ")
            if behaves not in BEHAVIOURS or (behaves in LED) is not bool(follows):
                allowed = (f"{one} NAME" if one in LED else one for one in BEHAVIOURS)
                raise self._not_allowed(f"{where}.behaves", given.get("behaves"), allowed)
            if follows and (follows not in people or follows == name):
                raise self._wrong(f"{where}.behaves", f"names '{follows}', who is not another person of people")
            carries = given.get("carries", ["pass"])
            if not isinstance(carries, list):
                raise self._wrong(f"{where}.carries", "must be a list, such as [pass]; [] for nothing")
            yield StoryPerson(
                name=name,
                skin_c=self._number(given.get("skin_c", 34.7), f"{where}.skin_c", COLDEST_C, WARMEST_C),
                carries=tuple(self._code(f"{where}.carries", str(code), name, people) for code in carries),
                behaves=behaves,
                follows=follows,
                starts=self._one_of(STARTS, given.get("starts", "street"), f"{where}.starts"),
                arrives_s=self._number(given.get("arrives", 0.0), f"{where}.arrives", 0.0),
                declines=self._truth(given, "declines", where),
                shows=self._one_of(SHOWS, given.get("shows", "asked"), f"{where}.shows"),
                hand=self._one_of(HANDS, given.get("hand", "steady"), f"{where}.hand"),
                returns_s=self._maybe(given, "returns", where, 0.0, MOST_S),
                returns_skin_c=self._maybe(given, "returns_skin_c", where, COLDEST_C, WARMEST_C),
            )

    def _code(self, where: str, code: str, owner: str, people: Iterable[str]) -> str:
        kind, _, of = code.partition(" of ")
        if code in CODES or (kind in OWNED_CODES and of in people):
            return f"{code} of {owner}" if code in OWNED_CODES else code
        if kind in OWNED_CODES:
            raise self._wrong(where, f"has '{clipped(code)}', but '{clipped(of)}' is not in people")
        raise self._not_allowed(where, code, (*CODES, "pass of NAME"))

    def _entry(self, number: int, told: object, people: set[str]) -> StoryLine:
        where = f"entry {number} of lines"
        line = self._mapping(told, where, "at: 3.0, body: A, does: steps_in")
        subjects = [key for key in ("body", *SUBJECTS) if key in line]
        if len(subjects) != 1:
            found = f"has the subjects {', '.join(subjects)}; write a line for each" if subjects else "has no subject"
            raise self._wrong(where, f"{found}; allowed: body, {', '.join(SUBJECTS)}")
        subject = subjects[0]
        timing = {key: line[key] for key in ("at", "when", "after", "for") if key in line}
        rest = {key: value for key, value in line.items() if key not in timing and key != subject}
        at_s, when = self._timing(timing, where)
        for_s = None if "for" not in timing else self._number(timing["for"], f"{where}: for", 0.0)
        name = str(line[subject]) if subject == "body" or subject in NAMED else ""
        if name and name not in (people if subject == "body" else NAMED[subject]):
            raise self._not_allowed(f"{where}: {subject}", name, people if subject == "body" else NAMED[subject])
        verb, word = self._verb(subject, name, line[subject], rest, where)
        if verb == "shows":
            word = self._code(f"{where}: shows", str(word), name, people)
        if for_s is not None and MOMENTARY & {verb, word}:
            raise self._wrong(where, f"'for' has no meaning after '{verb}: {word}'; leave it out")
        return StoryLine(subject, name, verb, word, at_s, when, for_s)

    def _timing(self, timing: Mapping[str, Any], where: str) -> tuple[float, str]:
        if "at" in timing and "when" not in timing and "after" not in timing:
            return self._number(timing["at"], f"{where}: at", 0.0), ""
        if "when" not in timing or "at" in timing:
            raise self._wrong(where, "needs 'at: SECONDS', or 'when: PHASE' with 'after: SECONDS'")
        when = self._one_of([phase.value for phase in Phase], timing["when"], f"{where}: when")
        return self._number(timing.get("after", 0.0), f"{where}: after", 0.0), when

    def _verb(
        self, subject: str, name: str, value: object, rest: Mapping[str, Any], where: str
    ) -> tuple[str, str | float]:
        """Return the verb of a line and the word or the number after it."""
        verbs = VERBS if subject == "body" else SUBJECTS[subject]
        if name:
            if len(rest) != 1 or next(iter(rest)) not in verbs:
                found = ", ".join(rest) or "none"
                raise self._wrong(where, f"needs one verb of: {', '.join(verbs)}; found: {clipped(found)}")
            verb, word = next(iter(rest.items()))
        elif rest:
            raise self._wrong(where, f"has unknown words: {clipped(', '.join(rest))}")
        elif isinstance(value, dict) and len(value) == 1:
            verb, word = next(iter(value.items()))
        else:
            verb, word = next(iter(verbs)), value
        if verb not in verbs:
            raise self._not_allowed(f"{where}: {subject}", verb, verbs)
        if verb in RANGES:
            return verb, self._number(word, f"{where}: {verb}", *RANGES[verb])
        if isinstance(word, bool):
            word = "yes" if word else "no"  # what YAML makes of the bare words
        return verb, str(word) if verb == "shows" else self._one_of(verbs[verb], word, f"{where}: {verb}")

    def _mapping(self, told: object, where: str, such_as: str) -> StoryMapping:
        if not isinstance(told, dict):
            raise self._wrong(where, f"must hold names with values, such as '{such_as}'; found: '{clipped(str(told))}'")
        section = told if isinstance(told, StoryMapping) else StoryMapping()
        self._line = section.line or self._line
        return section

    def _known(self, told: Mapping[str, Any], names: tuple[str, ...], where: str) -> None:
        for key in told:
            if key not in names:
                allowed = f"allowed: {', '.join(names)}{did_you_mean(key, names)}"
                raise self._wrong(where, f"has the unknown name '{clipped(key)}'; {allowed}")

    def _one_of(self, words: Iterable[str], told: object, where: str) -> str:
        words = tuple(words)
        if not isinstance(told, str) or told not in words:
            raise self._not_allowed(where, told, words)
        return told

    def _seed(self, told: object) -> int:
        if isinstance(told, bool) or not isinstance(told, int):
            raise self._wrong("seed", f"must be a whole number, not '{clipped(str(told))}'")
        return told

    def _truth(self, given: Mapping[str, Any], key: str, where: str) -> bool:
        told = given.get(key, False)
        if not isinstance(told, bool):
            raise self._wrong(f"{where}.{key}".strip("."), f"must be true or false, not '{clipped(str(told))}'")
        return told

    def _number(self, told: object, where: str, least: float, most: float = MOST_S) -> float:
        if isinstance(told, bool) or not isinstance(told, int | float) or not least <= told <= most:
            raise self._wrong(where, f"must be a number from {least:.12g} to {most:.12g}, not '{clipped(str(told))}'")
        return float(told)

    def _maybe(self, given: Mapping[str, Any], key: str, where: str, least: float, most: float) -> float | None:
        return None if given.get(key) is None else self._number(given[key], f"{where}.{key}", least, most)

    def _not_allowed(self, where: str, told: object, words: Iterable[str]) -> KioskError:
        words = tuple(words)
        guess = did_you_mean(str(told), words)
        return self._wrong(where, f"is '{clipped(str(told))}'; allowed: {', '.join(words)}{guess}")

    def _wrong(self, where: str, text: str) -> KioskError:
        line = f":{self._line}" if self._line else ""
        return KioskError(f"{self._file}{line}: {where}: {text}")


def long_enough_s(people: Iterable[StoryPerson], lines: Iterable[StoryLine]) -> float:
    """Return how long a story lasts that does not say so: until its lines have happened and everybody was served."""
    people = tuple(people)
    ends_s = [line.at_s + (line.for_s or 0.0) for line in lines]
    comes_s = [one.arrives_s + (one.returns_s or 0.0) for one in people]
    return min(max(*ends_s, *comes_s, 0.0) + QUIET_S + VISIT_S * len(people), MOST_S)
