"""The orders: the first line that the controller writes to the scanner process, as JSON; and the process's exit codes.

Both ends import this module. It imports only the standard library: pydantic and the schema would take 17 MB of the
scanner's memory, and the controller has validated the settings already.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, Protocol, TypeVar, cast

from kiosk.errors import SettingsError
from kiosk.model import CameraKind, CameraSetup
from kiosk.scanner.wire.messages import MAX_SETTINGS_BYTES

Section = TypeVar("Section", "CameraOrders", "ScannerOrders")

START_S = 20.0
"""Longest time to the first frame: a cold start from an SD card, with the imports and the start of the camera."""

EXIT_BUG = 11
"""The scanner ended by an unexpected exception."""

EXIT_ORDERS = 12
"""The scanner ended because its first line was not valid orders."""

EXIT_CAMERA = 13
"""The scanner ended because its camera is missing or silent; a new process may have success."""

EXIT_ALONE = 14
"""The scanner ended because the controller closed its ends of the pipes, or the connection."""


class ScannerSetup(Protocol):
    """The settings of the search, as the scanner uses them; `scanner` of the settings file names them."""

    @property
    def budget_ms(self) -> int:
        """The processing time for one picture."""
        ...

    @property
    def glance_hz(self) -> float:
        """Pictures per second while nobody is present."""
        ...

    @property
    def same_code_s(self) -> float:
        """A code that was out of sight for this time is new again."""
        ...

    @property
    def preview_hz(self) -> float:
        """Live pictures per second."""
        ...


@dataclass(frozen=True, slots=True)
class CameraOrders:
    """A `CameraSetup` that was read from a line."""

    kind: CameraKind
    device: int
    width_px: int
    height_px: int
    frame_hz: float
    silent_s: float
    mains_hz: int
    exposure_value: float
    adapt_exposure: bool
    lens_position: float | None


@dataclass(frozen=True, slots=True)
class ScannerOrders:
    """A `ScannerSetup` that was read from a line."""

    budget_ms: int
    glance_hz: float
    same_code_s: float
    preview_hz: float


@dataclass(frozen=True, slots=True)
class Orders:
    """The settings that the scanner needs. It gets no others."""

    camera: CameraSetup
    scanner: ScannerSetup

    def line(self) -> str:
        """Return the orders as one line of JSON. Raises `SettingsError` if a pipe does not take it at once."""
        document = {"camera": _values(CameraOrders, self.camera), "scanner": _values(ScannerOrders, self.scanner)}
        line = json.dumps(document) + "\n"
        if len(line.encode()) > MAX_SETTINGS_BYTES:
            raise SettingsError(f"scanner: orders of {len(line.encode())} bytes; at most {MAX_SETTINGS_BYTES} fit")
        return line


def read_orders(line: bytes) -> Orders:
    """Return the orders in a line; the inverse of `Orders.line`.

    Raises `SettingsError` if the line is not orders with exactly these fields. The error's text never repeats the line.
    """
    if len(line) > MAX_SETTINGS_BYTES:
        raise SettingsError(f"scanner: orders of more than {MAX_SETTINGS_BYTES} bytes")
    try:
        camera, scanner = _sections(json.loads(line), ("camera", "scanner"))
        return Orders(_read(CameraOrders, camera), _read(ScannerOrders, scanner))
    except (ValueError, RecursionError):
        message = "the first line is not the orders of this release; start controller and scanner of one release"
        raise SettingsError(f"scanner: {message}") from None


def _values(kind: type[CameraOrders | ScannerOrders], settings: CameraSetup | ScannerSetup) -> dict[str, Any]:
    values = {each.name: getattr(settings, each.name) for each in fields(kind)}
    return {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}


def _sections(document: object, names: Sequence[str]) -> list[Any]:
    """Return the values of these names. Raises `ValueError` if there are not exactly these."""
    if not isinstance(document, dict) or document.keys() != set(names):
        raise ValueError
    return [document[name] for name in names]


def _read(kind: type[Section], section: object) -> Section:
    """Return the section of the document. Raises `ValueError` if a field is missing, unknown or of another type."""
    names = [each.name for each in fields(kind)]
    values = dict(zip(names, _sections(section, names), strict=True))
    if "kind" in values:
        values["kind"] = CameraKind(values["kind"])
    for each in fields(kind):
        value, wanted = values[each.name], cast("type", each.type)
        if not isinstance(value, wanted) or isinstance(value, bool) != (wanted is bool):
            raise ValueError
    return kind(**values)
