"""The last settings that served visitors, and whether a refused file is for the same wiring.

A file with an error gives no settings. So that a typing mistake does not stop the booth, the kiosk keeps a copy of the
file with which it last served, and starts with the copy if the new file is refused. The copy may only drive pins whose
wires it knows: old pins on new wires could run the pump.

Rule 1: the copy is used only if the wiring can be read from the refused file, and is the same.
Rule 2: a mistake that may concern the wiring makes it unreadable; so does an unknown setting that resembles no other.
"""

from pathlib import Path

from kiosk.errors import KioskError
from kiosk.settings.loader import read_settings
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.wiring import Section
from kiosk.settings.yaml.mistakes import Mistake, Severity, nearest
from kiosk.settings.yaml.source import MAX_BYTES
from kiosk.support.files import replace_file

NAME = "last-good.yaml"
"""Name of the copy in the folder that systemd gives the service for its state."""

WIRED = ("door", "street_door", "sprayer", "lights", "buzzer", "inputs", "thermometer")
"""The sections that describe wires."""

WIRES = frozenset(
    {
        "active_high",
        "active_low",
        "address",
        "blue_pin",
        "bus",
        "green_pin",
        "handle_inside",
        "lock",
        "pin",
        "pull",
        "red_pin",
        "relay_pin",
        "single_pin",
    }
)
"""The settings of these sections that describe a wire; the others are times and limits."""

Wiring = dict[str, object]
"""The settings of the wires by their full names, such as `door.relay_pin`."""


def keep(folder: Path, data: bytes) -> None:
    """Keep the content of a settings file that served, if it differs from the kept one.

    Raises `KioskError` if it cannot be written.
    """
    if recall(folder) == data:
        return
    try:
        replace_file(folder / NAME, data, mode=0o600)
    except OSError as error:
        raise KioskError(f"the settings that serve cannot be kept in '{folder}' ({error.strerror})") from None


def recall(folder: Path) -> bytes | None:
    """Return the content of the last settings file that served, or None if there is none that can be read."""
    try:
        with (folder / NAME).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError:
        return None


def read_wiring(data: bytes, folder: Path) -> tuple[Wiring, Settings] | None:
    """Return the wiring in the content of a settings file, with the settings without what cannot be used.

    Return None if the wiring cannot be read. folder: the folder of the settings file.
    """
    mistakes, settings = read_settings(data, folder)
    errors = [mistake for mistake in mistakes if mistake.severity is Severity.ERROR]
    if settings is None or any(map(_may_concern_wires, errors)):
        return None
    return wiring_of(settings), settings


def wiring_of(settings: Settings) -> Wiring:
    """Return the value of each setting of a wire, by its full name, such as 'door.relay_pin'."""
    return dict(_wires(settings, ""))


def _wires(section: Section, name: str) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for key, value in section:
        if isinstance(value, Section):
            if name or key in WIRED:
                found += _wires(value, f"{name}{key}.")
        elif name and key in WIRES:
            found.append((f"{name}{key}", value))
    return found


def _may_concern_wires(mistake: Mistake) -> bool:
    top, _, rest = mistake.key.partition(".")
    if not top:
        return True
    if top not in Settings.model_fields:
        near = nearest(top, Settings.model_fields)
        return not near or near in WIRED
    if top not in WIRED:
        return False
    section: type[Section] | None = _section(Settings, top)
    *inner, leaf = rest.split(".")
    for key in inner:
        section = _section(section, key) if section else None
    if section is None:
        return True
    if leaf in section.model_fields:
        return leaf in WIRES or _section(section, leaf) is not None
    near = nearest(leaf, section.model_fields)
    return not near or near in WIRES or _section(section, near) is not None


def _section(section: type[Section], key: str) -> type[Section] | None:
    """Return the type of the section `key` inside `section`; None if there is none."""
    field = section.model_fields.get(key)
    kinds = [field.annotation, *getattr(field.annotation, "__args__", ())] if field else []
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Section)), None)
