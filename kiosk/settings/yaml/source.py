"""The settings file as text: what can be wrong before a single setting is read.

Rule 1: no more than `MAX_BYTES` are read, and only from an ordinary file; a device or a pipe would never end.
"""

import codecs
import re
import stat
from pathlib import Path

from kiosk.settings.yaml.mistakes import Mistake

MAX_BYTES = 256 * 1024
"""Some fifteen times the commented reference."""

_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that YAML 1.1 does not allow (section 5.1, c-printable)."""


def read_bytes(path: Path) -> bytes | Mistake:
    """The file's bytes, one more than `MAX_BYTES` at most, or why it cannot be read."""
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            return _whole("is a folder; name the file in it, such as kiosk.yaml")
        if not stat.S_ISREG(kind):
            return _whole("is not an ordinary file; write the settings into one")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return _whole("does not exist; see that the name is right, or start from a copy of config/kiosk.yaml")
    except PermissionError:
        return _whole("may not be read by you; use the kiosk's own user (sudo -u kiosk ...) or change its owner")
    except (OSError, ValueError) as trouble:
        return _whole(f"cannot be read: {getattr(trouble, 'strerror', None) or trouble}; see that the name is right")


def text_of(data: bytes) -> str | Mistake:
    """The text in `data`, or the first thing that makes it no text."""
    if len(data) > MAX_BYTES:
        return _whole(f"is larger than {MAX_BYTES // 1024} KiB, so it is not a settings file")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as trouble:
        before = data[: trouble.start].decode("utf-8")
        return _at(before, f"byte 0x{data[trouble.start]:02x} is not UTF-8 text; save the file with the encoding UTF-8")
    if odd := _NOT_YAML.search(text):
        number = ord(odd.group())
        return _at(text[: odd.start()], f"character U+{number:04X} cannot stand in a settings file; delete it")
    return text


def _whole(text: str) -> Mistake:
    return Mistake(0, 0, "", text)


def _at(before: str, text: str) -> Mistake:
    return Mistake(before.count("\n") + 1, len(before) - before.rfind("\n"), "", text)
