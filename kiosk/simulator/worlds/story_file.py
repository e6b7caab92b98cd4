"""Reading a story from its YAML file. Every mistake names the file, the place, what was found and what is allowed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from kiosk.errors import KioskError
from kiosk.model import Phase
from kiosk.simulator.worlds.story import (
    BEHAVIOURS,
    CODES,
    HANDS,
    LED,
    NAMED,
    OWNED_CODES,
    SHOWS,
    SUBJECTS,
    VERBS,
    Story,
    StoryLine,
    StoryPerson,
)

PERSON = ("skin_c", "carries", "behaves", "arrives", "declines", "shows", "hand", "returns", "returns_skin_c")
MAX_BYTES = 256 * 1024
MAX_LINES = 10_000
MAX_PEOPLE = 5_000
MOST_S = 1e6
"""The greatest number of a story."""


def read_story(path: Path) -> Story:
    """Read a story from a file.

    Raises `KioskError` with the file, the place, what was found and what is allowed.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KioskError(f"{path}: cannot be read ({error.strerror}); name a story's file") from None
    if len(data) > MAX_BYTES:
        raise KioskError(f"{path}: has {len(data)} bytes; a story may have {MAX_BYTES}")
    try:
        told = yaml.safe_load(data)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise KioskError(f"{place}: is not YAML; compare with an example in docs/developer/worlds.md") from None
    return _StoryReader(str(path)).story(told)


class _StoryReader:
    """Turns what YAML holds into a story; every mistake names its place."""

    def __init__(self, file: str) -> None:
        self._file = file

    def story(self, told: object) -> Story:
        top = self._mapping(told, "the story")
        self._known(top, ("title", "seed", "pictures", "lasts", "site", "people", "lines"), "the story")
        people = tuple(self._people(top.get("people", {})))
        if not people:
            raise self._wrong("people", "is empty; name at least one person")
        names = {one.name for one in people}
        lines = top.get("lines") or []
        if not isinstance(lines, list) or len(lines) > MAX_LINES:
            raise self._wrong("lines", f"must be a list of at most {MAX_LINES} lines")
        return Story(
            title=str(top.get("title", Path(self._file).stem)),
            site=self._mapping(top.get("site") or {}, "site"),
            people=people,
            lines=tuple(self._line(number, line, names) for number, line in enumerate(lines, 1)),
            lasts_s=self._number(top.get("lasts", 60.0), "lasts", 0.0),
            seed=self._seed(top.get("seed", 1)),
            pictures=top.get("pictures", False) is True,
        )

    def _people(self, told: object) -> Iterator[StoryPerson]:
        people = self._mapping(told, "people")
        if len(people) > MAX_PEOPLE:
            raise self._wrong("people", f"has {len(people)} entries; {MAX_PEOPLE} are allowed")
        for name, details in people.items():
            where = f"people.{name}"
            given = self._mapping(details or {}, where)
            self._known(given, PERSON, where)
            behaves, _, follows = str(given.get("behaves", "honest")).partition(" ")
            if behaves not in BEHAVIOURS or (behaves in LED) is not bool(follows):
                raise self._wrong(f"{where}.behaves", f"is '{given.get('behaves')}'; allowed: {', '.join(BEHAVIOURS)}")
            if follows and follows not in people:
                raise self._wrong(f"{where}.behaves", f"names '{follows}', who is not in people")
            carries = given.get("carries", ["pass"])
            if not isinstance(carries, list):
                raise self._wrong(f"{where}.carries", "must be a list, such as [pass]")
            shows = str(given.get("shows", "asked"))
            if shows not in SHOWS:
                raise self._wrong(f"{where}.shows", f"is '{shows}'; allowed: {', '.join(SHOWS)}")
            hand = str(given.get("hand", "steady"))
            if hand not in HANDS:
                raise self._wrong(f"{where}.hand", f"is '{hand}'; allowed: {', '.join(HANDS)}")
            yield StoryPerson(
                name=str(name),
                skin_c=self._number(given.get("skin_c", 34.7), f"{where}.skin_c"),
                carries=tuple(self._code(str(code), str(name), people, where) for code in carries),
                behaves=behaves,
                follows=follows,
                arrives_s=self._number(given.get("arrives", 0.0), f"{where}.arrives"),
                declines=given.get("declines", False) is True,
                shows=shows,
                hand=hand,
                returns_s=self._maybe(given, "returns", where),
                returns_skin_c=self._maybe(given, "returns_skin_c", where),
            )

    def _code(self, code: str, owner: str, people: Mapping[Any, Any], where: str) -> str:
        kind, _, of = code.partition(" of ")
        if code in CODES or (kind in OWNED_CODES and of in people):
            return f"{code} of {owner}" if code in OWNED_CODES else code
        raise self._wrong(f"{where}.carries", f"has '{code}'; allowed: {', '.join(CODES)}, or 'pass of NAME'")

    def _line(self, number: int, told: object, people: set[str]) -> StoryLine:
        where = f"line {number}"
        line = self._mapping(told, where)
        subject = next((key for key in ("body", *SUBJECTS) if key in line), None)
        if subject is None:
            raise self._wrong(where, f"has no subject; allowed: body, {', '.join(SUBJECTS)}")
        timing = {key: line[key] for key in ("at", "when", "after", "for") if key in line}
        rest = {key: value for key, value in line.items() if key not in timing and key != subject}
        at_s, when = self._timing(timing, where)
        for_s = None if "for" not in timing else self._number(timing["for"], f"{where}: for", 0.0)
        if subject == "body":
            return self._body_line(where, str(line["body"]), rest, people, at_s, when, for_s)
        name = str(line[subject]) if subject in NAMED else ""
        if name and name not in NAMED[subject]:
            raise self._wrong(f"{where}: {subject}", f"is '{name}'; allowed: {', '.join(NAMED[subject])}")
        verb, word = self._verb(subject, name, line[subject], rest, where)
        return StoryLine(subject, name, verb, word, at_s, when, for_s)

    def _timing(self, timing: Mapping[str, Any], where: str) -> tuple[float, str]:
        if "at" in timing and "when" not in timing and "after" not in timing:
            return self._number(timing["at"], f"{where}: at", 0.0), ""
        phases = [phase.value for phase in Phase]
        if "when" not in timing or "at" in timing:
            raise self._wrong(where, "needs 'at: SECONDS', or 'when: PHASE' with 'after: SECONDS'")
        if timing["when"] not in phases:
            raise self._wrong(f"{where}: when", f"is '{timing['when']}'; allowed: {', '.join(phases)}")
        return self._number(timing.get("after", 0.0), f"{where}: after"), str(timing["when"])

    def _body_line(
        self,
        where: str,
        name: str,
        rest: Mapping[str, Any],
        people: set[str],
        at_s: float,
        when: str,
        for_s: float | None,
    ) -> StoryLine:
        if name not in people:
            raise self._wrong(f"{where}: body", f"is '{name}', who is not in people")
        if len(rest) != 1 or next(iter(rest)) not in VERBS:
            raise self._wrong(where, f"needs one verb of: {', '.join(VERBS)}; found: {', '.join(rest) or 'none'}")
        verb, word = next(iter(rest.items()))
        if verb == "shows":
            code = self._code(str(word), name, dict.fromkeys(people), where)
            return StoryLine("body", name, verb, code, at_s, when, for_s)
        if verb == "presses" and isinstance(word, bool):
            word = "yes" if word else "no"  # what YAML makes of the bare words
        if word not in VERBS[verb]:
            raise self._wrong(f"{where}: {verb}", f"is '{word}'; allowed: {', '.join(VERBS[verb])}")
        return StoryLine("body", name, verb, str(word), at_s, when, for_s)

    def _verb(
        self, subject: str, name: str, value: object, rest: Mapping[str, Any], where: str
    ) -> tuple[str, str | float]:
        verbs = SUBJECTS[subject]
        if name:
            if len(rest) != 1 or next(iter(rest)) not in verbs:
                raise self._wrong(where, f"needs one verb of: {', '.join(verbs)}; found: {', '.join(rest) or 'none'}")
            verb, word = next(iter(rest.items()))
        elif isinstance(value, dict) and len(value) == 1 and not rest:
            verb, word = next(iter(value.items()))
        elif not rest:
            verb, word = next(iter(verbs)), value
        else:
            raise self._wrong(where, f"has unknown words: {', '.join(rest)}")
        if verb not in verbs:
            raise self._wrong(f"{where}: {subject}", f"has '{verb}'; allowed: {', '.join(verbs)}")
        if not verbs[verb]:
            return str(verb), self._number(word, f"{where}: {verb}", -MOST_S if subject == "clock" else 0.0)
        if word not in verbs[verb]:
            raise self._wrong(f"{where}: {subject}", f"is '{word}'; allowed: {', '.join(verbs[verb])}")
        return str(verb), str(word)

    def _mapping(self, told: object, where: str) -> dict[Any, Any]:
        if not isinstance(told, dict):
            raise self._wrong(where, f"must hold names with values, not {type(told).__name__}")
        return told

    def _known(self, told: Mapping[Any, Any], names: tuple[str, ...], where: str) -> None:
        for key in told:
            if key not in names:
                raise self._wrong(where, f"has the unknown name '{key}'; allowed: {', '.join(names)}")

    def _seed(self, told: object) -> int:
        if isinstance(told, bool) or not isinstance(told, int):
            raise self._wrong("seed", f"must be a whole number, not '{told}'")
        return told

    def _number(self, told: object, where: str, least: float = -MOST_S) -> float:
        if isinstance(told, bool) or not isinstance(told, int | float) or not least <= told <= MOST_S:
            raise self._wrong(where, f"must be a number from {least:.0f} to {MOST_S:.0f}, not '{told}'")
        return float(told)

    def _maybe(self, given: Mapping[str, Any], key: str, where: str) -> float | None:
        return self._number(given[key], f"{where}.{key}") if key in given else None

    def _wrong(self, where: str, text: str) -> KioskError:
        return KioskError(f"{self._file}: {where}: {text}")
