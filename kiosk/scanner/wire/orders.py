"""What the controller tells the scanner's process at its start: one line of JSON, then control lines.

Both ends import it: standard library and the settings' schema only.
"""

from pydantic import ValidationError

from kiosk.errors import SettingsError
from kiosk.scanner.wire.messages import MAX_SETTINGS_BYTES
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraSettings, Section

EXIT_BUG = 11
"""The scanner ended by an exception that it had no answer to."""

EXIT_ORDERS = 12
"""The scanner ended because its first line was no orders."""

EXIT_CAMERA = 13
"""The scanner gave its camera up; a new process may do better."""

EXIT_ALONE = 14
"""The scanner ended because nobody holds the other end of its pipes any more."""


class Orders(Section):
    """The sections of the settings that the scanner needs; nothing else of the file leaves the controller."""

    camera: CameraSettings
    scanner: ScannerSettings

    def line(self) -> str:
        """The orders as one line of JSON. `SettingsError` when it is longer than a pipe takes at once."""
        line = self.model_dump_json() + "\n"
        if len(line.encode()) > MAX_SETTINGS_BYTES:
            raise SettingsError(f"scanner: orders of {len(line.encode())} bytes; at most {MAX_SETTINGS_BYTES} fit")
        return line


def read_orders(line: bytes) -> Orders:
    """The opposite of `Orders.line`. `SettingsError` for anything else; the message never repeats the line."""
    if len(line) > MAX_SETTINGS_BYTES:
        raise SettingsError(f"scanner: orders of more than {MAX_SETTINGS_BYTES} bytes")
    try:
        return Orders.model_validate_json(line)
    except ValidationError as error:
        count = error.error_count()
        raise SettingsError(
            f"scanner: orders with {count} mistake(s); the controller must be of this release"
        ) from None
