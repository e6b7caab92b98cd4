"""Drives every output of the settings to its rest level: what `ExecStopPost=` runs when the kiosk has ended.

Rule 1: one pin that cannot be had stops nothing: every other one is still driven, and the trouble is reported.
Rule 2: relays come first, the sprayer's before the door's.
Rule 3: whether the level lasts after this process is the kernel's regime: see the table in docs/wiring.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.errors import DeviceError
from kiosk.hardware.board import Board
from kiosk.settings.schema import Settings


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


def drive_safe(board: Board, settings: Settings) -> tuple[SafeLine, ...]:
    """De-energise everything that the settings name; report each, in the order of `outputs`."""
    return tuple(_rest(board, key, pin, active_high) for key, pin, active_high in outputs(settings))


def outputs(settings: Settings) -> Iterator[tuple[str, int, bool]]:
    """Key, pin and polarity of every output in the settings."""
    if settings.sprayer:
        yield "sprayer.relay_pin", settings.sprayer.relay_pin, settings.sprayer.active_high
    yield "door.relay_pin", settings.door.relay_pin, settings.door.active_high
    if settings.buzzer:
        yield "buzzer.pin", settings.buzzer.pin, settings.buzzer.active_high
    if settings.lights:
        for part in ("single", "red", "green", "blue"):
            pin = getattr(settings.lights, f"{part}_pin")
            if pin is not None:
                yield f"lights.{part}_pin", pin, settings.lights.active_high


def _rest(board: Board, key: str, pin: int, active_high: bool) -> SafeLine:
    try:
        board.output(key.split(".")[0], key, pin, active_high=active_high).close()
    except DeviceError as error:
        return SafeLine(key, pin, not active_high, str(error))
    return SafeLine(key, pin, not active_high)
