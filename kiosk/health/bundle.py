"""The doctor's archive for whoever helps from far away: findings, settings, log and versions, without secrets.

Rule 1: what could name a person or open a door is replaced by `MASK`: telephone numbers, addresses of services and
places, headers, names of secret files, codes, long numbers and long random texts.
Rule 2: the journal's rows are not in it, only their counts: they hold no personal data, but nobody needs them here.
"""

import io
import re
import tarfile
from collections.abc import Mapping

MASK = "***"

PRIVATE = frozenset(
    {
        "address",
        "ca_file",
        "extra_fields",
        "headers",
        "hours",
        "link",
        "password_file",
        "prefixes",
        "public_keys",
        "revoked",
        "secret_headers",
        "site",
        "telephone",
        "title",
        "venue_code",
    }
)
"""Settings whose values are not shown."""

_SECRETS = (
    re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"),  # an e-mail address
    re.compile(r"\b(?:KP1|HC1|shc|B64)[:/]\S*"),  # a credential
    re.compile(r"(?i)\b(?:bearer|basic|token|password|authorization)\b[=: ]+\S+"),
    re.compile(r"https?://\S+"),
    re.compile(r"\+?\d[\d ()-]{6,}\d"),  # a telephone number, an identity number, a date of birth
    re.compile(r"[A-Za-z0-9+/_=-]{24,}"),  # a key or a token
)

_TIMES = re.compile(r"^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*")
"""The time at the beginning of a line of the log stays."""


def without_secrets(text: str) -> str:
    """Return a text, such as the log, with everything masked that may be a secret or may name a person."""
    lines = []
    for line in text.splitlines():
        time = _TIMES.match(line)
        start, rest = (time[0], line[time.end() :]) if time else ("", line)
        for secret in _SECRETS:
            rest = secret.sub(MASK, rest)
        lines.append(start + rest)
    return "\n".join(lines) + "\n" if lines else ""


def redacted(settings: object) -> object:
    """Return settings, as dicts and lists, with the values of `PRIVATE` masked."""
    match settings:
        case dict():
            return {key: MASK if key in PRIVATE and value else redacted(value) for key, value in settings.items()}
        case list():
            return [redacted(value) for value in settings]
        case _:
            return settings


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
