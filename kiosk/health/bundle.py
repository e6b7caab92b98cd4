"""The doctor's archive for a person who helps from far away: findings, settings, log and versions, without secrets.

Rule 1: of the settings, a text is shown only if the program knows all its values, as those of a choice, or if it is in
`PLAIN`. So a setting that is added later is not shown by mistake. Comments of the file are not in the archive.
Rule 2: such a text is masked wherever it appears: in findings, mistakes and log. So are the name of this computer,
addresses of networks and devices, digests, keys, names after /home, and the text after a word such as 'token'.
Rule 3: the journal's rows are not in it, only their counts: they hold no personal data, but nobody needs them here.
"""

import io
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cache

import yaml

from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.wiring import Section

MASK = "***"

PLAIN = frozenset({"device", "ends", "holds_from", "languages", "rapid_devices", "starts", "time_zone", "vaccines"})
"""Texts of the settings that are shown: they name no person, no place and no file."""

SHORTEST_PRIVATE = 3
"""Shorter texts are not looked for in the log; they are parts of too many words."""

_VALUE = r"""\s*["']?\s*[=: ]\s*(?:"[^"]*"|'[^']*'|(?:(?:bearer|basic|digest)\s+)?\S+)"""
"""A value after its name, in quotes or without; of a header with the kind of its credentials."""

_SECRETS = (
    re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"),  # an e-mail address
    re.compile(r"\b(?:KP1|HC1|shc|shlink|vhlink|B64)[:/]\S*", re.IGNORECASE),  # a credential
    re.compile(r"\b(?:https?|wss?|mqtts?|postgres(?:ql)?)://\S+", re.IGNORECASE),
    re.compile(
        r"(?i)\b(?:authorization|proxy-authorization|set-cookie|cookie|bearer|basic|[\w-]*token|[\w-]*password|passwd|pwd"
        rf"|passphrase|psk|wpa_psk|[\w-]*secret|api[_-]?key|b?ssid|serial|seal){_VALUE}"
    ),
    re.compile(r"(?<=/home/)[^/\s'\"]+"),  # the name of a person
    re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b"),  # a device's address (MAC, EUI-48)
    re.compile(r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b"),  # a UUID (RFC 9562)
    re.compile(r"\b(?!127\.0\.0\.1\b)(?:\d{1,3}\.){3}\d{1,3}\b"),  # IPv4
    re.compile(r"(?<![\w:])(?=[0-9A-Fa-f:]*::|(?:[0-9A-Fa-f]+:){7})(?!::1\b)[0-9A-Fa-f:]{3,}(?:%\w+)?"),  # IPv6
    re.compile(r"\b(?=[0-9A-Fa-f]*[0-9])[0-9A-Fa-f]{8,}\b"),  # a serial number, a digest, the id of a pass
    re.compile(r"\+?\d[\d ()-]{6,}\d"),  # a telephone number, an identity number, a date of birth
    re.compile(r"[A-Za-z0-9+/_=-]{24,}"),  # a key or a token
)

_TIMES = re.compile(r"^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*")
"""The time at the beginning of a line of the log stays."""

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


class Redaction:
    """Masks texts of one site. private: the texts of this site that are masked wherever they appear."""

    def __init__(self, private: Iterable[str]) -> None:
        longest_first = sorted({text for text in private if len(text) >= SHORTEST_PRIVATE}, key=len, reverse=True)
        either = "|".join(re.escape(text) for text in longest_first)
        self._private = re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE) if either else None

    def text(self, text: str) -> str:
        """Return a text, such as the log, with everything masked that may be a secret or may name a person."""
        lines = []
        for line in text.splitlines():
            time = _TIMES.match(line)
            start, rest = (time[0], line[time.end() :]) if time else ("", line)
            if self._private:
                rest = self._private.sub(MASK, rest)
            for secret in _SECRETS:
                rest = secret.sub(MASK, rest)
            lines.append(start + rest)
        return "\n".join(lines) + "\n" if lines else ""

    def mistake(self, line: int, key: str, text: str) -> str:
        """Return a mistake as one line; of its setting and of what it quotes, only words of the schema are shown."""
        shown = _QUOTED.sub(lambda found: found[0] if is_known(found[0][1:-1]) else MASK, text)
        return f"line {line}: {key if is_known(key) else MASK}: {self.text(shown)}".rstrip("\n")

    def config_txt(self, text: str) -> str:
        """Return the boot configuration without its comments."""
        return self.text("\n".join(line.partition("#")[0].rstrip() for line in text.splitlines()))


def redacted(section: Section) -> dict[str, object]:
    """Return the settings of a section with the free texts masked, for YAML."""
    shown: dict[str, object] = {}
    for name, value in section:
        shown[name] = value if name in PLAIN and isinstance(value, str) else _shown(value, plain=name in PLAIN)
    return shown


def _shown(value: object, *, plain: bool) -> object:
    match value:
        case Section():
            return redacted(value)
        case Enum():
            return value.value
        case dict() if all(isinstance(key, Enum) for key in value):
            return {key.value: _shown(inner, plain=plain) for key, inner in value.items()}
        case dict():
            return MASK  # the names are the site's own, too
        case list() | tuple() | frozenset():
            return [_shown(inner, plain=plain) for inner in value]
        case bool() | int() | float() | None:
            return value
        case str():
            return value if plain or not value else MASK
        case _:
            return MASK


def private_values(section: Section) -> Iterator[str]:
    """Yield the texts of the settings that `redacted` masks, without those that are words of the schema."""
    for name, value in section:
        yield from (text for text in _texts(value, plain=name in PLAIN) if text not in known_words())


def _texts(value: object, *, plain: bool) -> Iterator[str]:
    match value:
        case Section():
            yield from private_values(value)
        case Enum():
            return
        case dict():
            for key, inner in value.items():
                yield from () if isinstance(key, Enum) else _texts(key, plain=plain)
                yield from _texts(inner, plain=plain)
        case list() | tuple() | frozenset():
            for inner in value:
                yield from _texts(inner, plain=plain)
        case str() if not plain:
            yield value
            yield from value.split("/") if value.startswith("/") else ()


def words_of_file(data: bytes) -> Iterator[str]:
    """Yield the values and unknown names in the text of a settings file, up to where it can be read."""
    try:
        for token in yaml.scan(data.decode("utf-8", "replace")):
            if isinstance(token, yaml.ScalarToken) and token.value not in known_words():
                yield token.value
    except yaml.YAMLError:
        return


def is_known(text: str) -> bool:
    """Return True for a word of the schema, or the full name of a setting, such as `door.relay_pin`."""
    return text in known_words() or all(part in known_words() or part.isdigit() for part in text.split("."))


@cache
def known_words() -> frozenset[str]:
    """Return the words of the schema: the names of settings, and the values of choices."""
    return frozenset(_words(Settings, set()))


def _words(section: type[Section], seen: set[type]) -> Iterator[str]:
    if section in seen:
        return
    seen.add(section)
    for name, field in section.model_fields.items():
        yield name
        if isinstance(field.default, str):
            yield field.default
        for kind in _kinds(field.annotation):
            if issubclass(kind, Enum):
                yield from (str(member.value) for member in kind)
            elif issubclass(kind, Section):
                yield from _words(kind, seen)


def _kinds(annotation: object) -> Iterator[type]:
    """Yield every class in an annotation."""
    if isinstance(annotation, type) and not getattr(annotation, "__args__", ()):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _kinds(inner)


def archive(files: Mapping[str, str]) -> bytes:
    """Return a tar archive, compressed by gzip, with `files`: their names and contents."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        for name, content in files.items():
            data = content.encode("utf-8", "replace")
            entry = tarfile.TarInfo(f"kiosk-doctor/{name}")
            entry.size, entry.mode = len(data), 0o644
            tar.addfile(entry, io.BytesIO(data))
    return target.getvalue()
