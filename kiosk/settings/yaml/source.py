"""The text of the settings file, and the mistakes that prevent reading it.

Rule: at most `MAX_BYTES` + 1 bytes are read, and only from an ordinary file: a device or a pipe may never end.
"""

import codecs
import re
import stat
from pathlib import Path

from kiosk.settings.yaml.mistakes import Mistake

MAX_BYTES = 256 * 1024
"""Largest settings file: about fifteen times the size of `config/kiosk.yaml`."""

_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Matches a character that YAML 1.1 does not allow (section 5.1, c-printable)."""


def read_bytes(path: Path) -> bytes | Mistake:
    """Return the content of a file, cut after `MAX_BYTES` + 1 bytes; return a mistake if it cannot be read."""
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            return _whole("is a folder; name the file in it, such as kiosk.yaml")
        if not stat.S_ISREG(kind):
            return _whole("is not an ordinary file; write the settings into one")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return _whole("does not exist; check the name, or start from a copy of config/kiosk.yaml")
    except PermissionError:
        return _whole("cannot be read by this user; use the kiosk's user (sudo -u kiosk ...), or change the owner")
    except (OSError, ValueError) as error:
        return _whole(f"cannot be read: {getattr(error, 'strerror', None) or error}; check the name")


def text_of(data: bytes) -> str | Mistake:
    """Return the text in `data`; return a mistake at the first byte or character that is not allowed."""
    if len(data) > MAX_BYTES:
        return _whole(f"is larger than {MAX_BYTES // 1024} KiB, so it is not a settings file")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        return _at(before, f"byte 0x{data[error.start]:02x} is not UTF-8 text; save the file with the encoding UTF-8")
    if found := _NOT_YAML.search(text):
        number = ord(found.group())
        return _at(text[: found.start()], f"character U+{number:04X} is not allowed in a settings file; delete it")
    return text


def _whole(text: str) -> Mistake:
    return Mistake(0, 0, "", text)


def _at(before: str, text: str) -> Mistake:
    return Mistake(before.count("\n") + 1, len(before) - before.rfind("\n"), "", text)
