"""The orders: the first line that the controller writes to the scanner process, as JSON; and the process's exit codes.

Both ends import this module, so it imports only the standard library, pydantic and the settings' schema.
"""

from pydantic import ValidationError

from kiosk.errors import SettingsError
from kiosk.scanner.wire.messages import MAX_SETTINGS_BYTES
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraSettings, Section

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


class Orders(Section):
    """The sections of the settings that the scanner needs. The scanner gets no other part of the settings."""

    camera: CameraSettings
    scanner: ScannerSettings

    def line(self) -> str:
        """Return the orders as one line of JSON. Raises `SettingsError` if a pipe does not take it at once."""
        line = self.model_dump_json() + "\n"
        if len(line.encode()) > MAX_SETTINGS_BYTES:
            raise SettingsError(f"scanner: orders of {len(line.encode())} bytes; at most {MAX_SETTINGS_BYTES} fit")
        return line


def read_orders(line: bytes) -> Orders:
    """Return the orders in a line; the inverse of `Orders.line`.

    Raises `SettingsError` if the line is not valid orders. The error's text never repeats the line.
    """
    if len(line) > MAX_SETTINGS_BYTES:
        raise SettingsError(f"scanner: orders of more than {MAX_SETTINGS_BYTES} bytes")
    try:
        return Orders.model_validate_json(line)
    except ValidationError as error:
        count = error.error_count()
        raise SettingsError(
            f"scanner: orders with {count} mistake(s); the controller must be of this release"
        ) from None
