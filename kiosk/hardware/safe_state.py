"""The safe state: it drives every output to its rest level. systemd runs this (`ExecStopPost=`) after the kiosk ended.

A kiosk that was killed could not bring its outputs to rest. The process that does it afterwards must know the pins
that the dead one drove, and the settings file may have changed since. Therefore each run writes the list of its
outputs, the note, before it drives them. The note is in the folder that systemd creates for the run and removes after
`ExecStopPost=` (systemd.exec(5), RuntimeDirectory=), so that it never describes another run.

Rule 1: a pin that cannot be opened does not stop the others: they are still driven, and the problem is reported.
Rule 2: relays come first, the sprayer's before those of the doors.
Rule 3: the kernel decides if a level lasts after this process: see the safe states in docs/wiring.md.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kiosk.errors import DeviceError, KioskError
from kiosk.hardware.board import Board
from kiosk.support.files import replace_file

if TYPE_CHECKING:
    from kiosk.settings.schema.settings import Settings

MAX_NOTE_BYTES = 4096
LAST_PIN = 27
"""The highest GPIO number of the 40-pin header."""


class Output(NamedTuple):
    """An output of the booth: its key in the settings, its GPIO number (BCM), and True if high energises it."""

    key: str
    pin: int
    active_high: bool


@dataclass(frozen=True, slots=True)
class SafeLine:
    """The result for one output: at rest at its level, `high` or low, or the `trouble` that prevented it."""

    key: str
    pin: int
    high: bool
    trouble: str = ""

    def __str__(self) -> str:
        """Return one line for the log."""
        level = "high" if self.high else "low"
        return f"{self.key}: GPIO{self.pin} {self.trouble or f'at rest ({level})'}"


def drive_safe(board: Board, wanted: Iterable[Output]) -> tuple[SafeLine, ...]:
    """De-energise every output, in order, and return a line for each."""
    lines = []
    for key, pin, active_high in wanted:
        trouble = ""
        try:
            board.output(key.split(".")[0], key, pin, active_high=active_high).close()
        except DeviceError as error:
            trouble = str(error)
        lines.append(SafeLine(key, pin, not active_high, trouble))
    return tuple(lines)


def outputs(settings: "Settings") -> Iterator[Output]:
    """Yield every output of the settings, the relays first."""
    if settings.sprayer:
        yield Output("sprayer.relay_pin", settings.sprayer.relay_pin, settings.sprayer.active_high)
    yield Output("door.relay_pin", settings.door.relay_pin, settings.door.active_high)
    if settings.street_door:
        yield Output("street_door.relay_pin", settings.street_door.relay_pin, settings.street_door.active_high)
    if settings.buzzer:
        yield Output("buzzer.pin", settings.buzzer.pin, settings.buzzer.active_high)
    if settings.lights:
        for part in ("single", "red", "green", "blue"):
            pin = getattr(settings.lights, f"{part}_pin")
            if pin is not None:
                yield Output(f"lights.{part}_pin", pin, settings.lights.active_high)


def note_path(environ: Mapping[str, str]) -> Path | None:
    """Return the path of the note in the run's runtime directory, or None if systemd did not start the run."""
    folder = environ.get("RUNTIME_DIRECTORY")
    return Path(folder) / "outputs.json" if folder else None


def write_note(note: Path, wanted: Iterable[Output]) -> None:
    """Write the outputs that a run is about to drive. Raises `KioskError` if the note cannot be written."""
    try:
        replace_file(note, json.dumps(list(wanted)).encode(), mode=0o600)
    except OSError as error:
        raise KioskError(f"the outputs cannot be noted in '{note}' ({error.strerror}); check that folder") from None


def read_note(note: Path) -> list[Output]:
    """Return the outputs that a run noted; an empty list if there is no note.

    Raises `KioskError` if the file cannot be read or is not a note.
    """
    try:
        with note.open("rb") as file:
            found = json.loads(file.read(MAX_NOTE_BYTES))
        return [_output(*item) for item in found]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise KioskError(f"'{note}' cannot be read ({error.strerror})") from None
    except (ValueError, TypeError, RecursionError):
        raise KioskError(f"'{note}' is not a list of outputs; remove it") from None


def _output(key: object, pin: object, active_high: object) -> Output:
    if not (isinstance(key, str) and type(pin) is int and 0 <= pin <= LAST_PIN and isinstance(active_high, bool)):
        raise ValueError("not an output")
    return Output(key, pin, active_high)
