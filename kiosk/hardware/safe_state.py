"""Drives every output to its rest level: what `ExecStopPost=` runs when the kiosk has ended.

Rule 1: one pin that cannot be had stops nothing: every other one is still driven, and the trouble is reported.
Rule 2: relays come first, the sprayer's before the door's.
Rule 3: whether the level lasts after this process is the kernel's regime: see the table in docs/wiring.md.
Rule 4: the pins that a run drove are noted down before it drives them, so that they are known whatever becomes of
        the settings file meanwhile.
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
"""Of the 40-pin header."""


class Output(NamedTuple):
    """An output of the booth: its place in the settings, its pin (BCM), and which level energises it."""

    key: str
    pin: int
    active_high: bool


@dataclass(frozen=True, slots=True)
class SafeLine:
    """What became of one output: at rest at `high` or low, or the `trouble` that kept it from it."""

    key: str
    pin: int
    high: bool
    trouble: str = ""

    def __str__(self) -> str:
        """One line for the log."""
        level = "high" if self.high else "low"
        return f"{self.key}: GPIO{self.pin} {self.trouble or f'at rest ({level})'}"


def drive_safe(board: Board, wanted: Iterable[Output]) -> tuple[SafeLine, ...]:
    """De-energise every output; report each, in their order."""
    return tuple(_rest(board, *output) for output in wanted)


def outputs(settings: "Settings") -> Iterator[Output]:
    """Every output in the settings."""
    if settings.sprayer:
        yield Output("sprayer.relay_pin", settings.sprayer.relay_pin, settings.sprayer.active_high)
    yield Output("door.relay_pin", settings.door.relay_pin, settings.door.active_high)
    if settings.buzzer:
        yield Output("buzzer.pin", settings.buzzer.pin, settings.buzzer.active_high)
    if settings.lights:
        for part in ("single", "red", "green", "blue"):
            pin = getattr(settings.lights, f"{part}_pin")
            if pin is not None:
                yield Output(f"lights.{part}_pin", pin, settings.lights.active_high)


def note_of(environ: Mapping[str, str]) -> Path | None:
    """Where a run notes its outputs: in the folder that systemd makes for it and removes when it is over, if any."""
    folder = environ.get("RUNTIME_DIRECTORY")
    return Path(folder) / "outputs.json" if folder else None


def write_note(note: Path, wanted: Iterable[Output]) -> None:
    """Note the outputs that a run is about to drive; raises KioskError."""
    try:
        replace_file(note, json.dumps(list(wanted)).encode(), mode=0o600)
    except OSError as error:
        raise KioskError(f"the outputs cannot be noted in '{note}' ({error.strerror}); look at that folder") from None


def read_note(note: Path) -> list[Output]:
    """The outputs that a run noted, none when there was no run; raises KioskError for what is no such note."""
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


def _rest(board: Board, key: str, pin: int, active_high: bool) -> SafeLine:
    try:
        board.output(key.split(".")[0], key, pin, active_high=active_high).close()
    except DeviceError as error:
        return SafeLine(key, pin, not active_high, str(error))
    return SafeLine(key, pin, not active_high)
