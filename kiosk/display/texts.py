"""The visitors' texts, read from `config/texts/*.yaml`: one file per language, with one sentence for each key.

Rule 1: all mistakes of all files are reported together, each with its file and line.
Rule 2: a missing sentence is a mistake; it is never replaced by the sentence of another language.
Rule 3: a file is read as pairs of scalars and nothing else: YAML's types, tags, anchors and nesting are refused.
"""

import difflib
import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kiosk.display import keys
from kiosk.errors import SettingsError

MAX_BYTES = 64 * 1024
MAX_SENTENCE = 160
"""Greatest number of characters of a sentence; a visitor who walks through a door does not read longer ones."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
"""Language codes: the part of BCP 47 (RFC 5646, section 2.1) that names a file: `id`, `zh-Hans`."""


_RIGHT_TO_LEFT = re.compile(
    r"(ar|ckb|dv|fa|he|ku|ps|sd|ug|ur|yi)(-(?!Latn|Cyrl).*)?|.*-(Arab|Hebr|Nkoo|Syrc|Thaa)(-.*)?"
)
"""Languages that are written from right to left, unless a script is named that is not (CLDR, characterOrder)."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The sentences of the visitors' texts, by language and key; the first language is shown largest."""

    languages: tuple[str, ...]
    sentences: dict[str, dict[str, str]]

    def say(self, language: str, key: str, **values: str) -> str:
        """Return the sentence of `key` with its placeholder filled; return "" for an empty key.

        Raises `KeyError` if the language or the key is unknown, or if the value of the placeholder is missing.
        """
        return self.sentences[language][key].format(**values) if key else ""


def direction(language: str) -> str:
    """Return the direction of a language's writing, "ltr" or "rtl" (HTML standard, attribute `dir`)."""
    return "rtl" if _RIGHT_TO_LEFT.fullmatch(language) else "ltr"


def load(folder: Path, languages: Sequence[str], over: Path | None = None) -> Texts:
    """Read one file for each language from `folder`.

    over: a folder that may have files of the same names, with some of the sentences; they take the place of those in
    `folder`.
    Raises `SettingsError` if there is any mistake; its message lists all mistakes, one per line.
    """
    mistakes: list[str] = []
    sentences = {language: _load_language(folder, language, over, mistakes) for language in languages}
    if len(sentences) < len(languages):
        mistakes.append(f"display.languages: '{', '.join(languages)}' names a language twice; remove one")
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return Texts(tuple(languages), sentences)


def _load_language(folder: Path, language: str, over: Path | None, mistakes: list[str]) -> dict[str, str]:
    if not _LANGUAGE.fullmatch(language):
        mistakes.append(f"display.languages: '{language}' is not a language code such as 'id' or 'en'")
        return {}
    path = folder / f"{language}.yaml"
    found = _load_file(path, mistakes)
    if found is None:
        return {}
    mistakes.extend(f"{path}: {key}: missing; every language needs it" for key in sorted(keys.KEYS - found.keys()))
    if over and (replacing := over / path.name).exists():
        found |= _load_file(replacing, mistakes) or {}
    return found


def _load_file(path: Path, mistakes: list[str]) -> dict[str, str] | None:
    """Return the sentences of one file by their keys; None, with a mistake, if it cannot be read to its end."""
    found: dict[str, str] = {}
    try:
        for line, key, sentence in _pairs(_read(path)):
            problems = _problems(key, sentence, key in found)
            mistakes.extend(f"{path}:{line}: {key}: {problem}" for problem in problems)
            found[key] = sentence
    except SettingsError as error:
        mistakes.append(f"{path}{error}")
        return None
    return found


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SettingsError(f": cannot be read ({error.strerror}); 'display.languages' names it") from error
    if len(data) > MAX_BYTES:
        raise SettingsError(f": is longer than {MAX_BYTES} bytes; keep to one short sentence for each key")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise SettingsError(f": is not UTF-8 text (byte {error.start}); save it as UTF-8") from error


def _pairs(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, key and sentence of each pair; raise `SettingsError` at the first thing that is not such a pair."""
    key: str | None = None
    depth = 0
    for event in _events(text):
        line = event.start_mark.line + 1
        match event:
            case yaml.ScalarEvent(anchor=None, tag=None, value=value) if depth == 1:
                if key is not None:
                    yield line, key, value
                key = value if key is None else None
            case yaml.MappingStartEvent(anchor=None, tag=None) if depth == 0:
                depth = 1
            case yaml.StreamStartEvent() | yaml.DocumentStartEvent() | yaml.MappingEndEvent():
                pass
            case yaml.DocumentEndEvent() | yaml.StreamEndEvent():
                depth = 2  # refuses a second document
            case _:
                raise SettingsError(f":{line}: only lines of the form 'key: \"sentence\"' are allowed here")


def _events(text: str) -> Iterator[Any]:
    """Yield the parser's events. Unlike `yaml.load`, this does not recurse: nesting cannot exhaust the stack."""
    try:
        yield from yaml.parse(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f":{mark.line + 1}" if mark else ""
        raise SettingsError(f"{where}: {error.problem}; put the sentence in double quotes") from error
    except yaml.YAMLError as error:
        raise SettingsError(": holds a character that YAML does not allow") from error


def _problems(key: str, sentence: str, given_before: bool) -> Iterator[str]:
    if key not in keys.KEYS:
        near = difflib.get_close_matches(key, keys.KEYS, 1)
        yield f"unknown key{f'; did you mean {near[0]!r}?' if near else ''}"
        return
    if given_before:
        yield "given twice; remove one"
    if not sentence.strip():
        yield "is empty; write a sentence"
    if len(sentence) > MAX_SENTENCE:
        yield f"has {len(sentence)} characters; at most {MAX_SENTENCE} fit on the screen"
    if not sentence.isprintable():
        yield "holds a line break or a control character; write one line"
    try:
        parts = list(string.Formatter().parse(sentence))
    except ValueError:
        parts = [("", "", "", None)]
    placeholder = keys.PLACEHOLDERS.get(key)
    found = [name for _, name, _, _ in parts if name is not None]
    has_format = any(form or conversion for _, _, form, conversion in parts)
    if found != ([placeholder] if placeholder else []) or has_format:
        yield f"must hold {{{placeholder}}} exactly once, and no other brace" if placeholder else "may hold no braces"
