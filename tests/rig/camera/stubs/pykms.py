"""A stub of Raspberry Pi's python3-kms++, which picamera2 imports for its preview on a monitor, not used here."""

from typing import Any


class _AnyName(type):
    def __getattr__(cls, name: str) -> Any:
        return name


class PixelFormat(metaclass=_AnyName):
    """Has every format."""
