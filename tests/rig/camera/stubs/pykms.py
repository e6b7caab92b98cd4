"""Stands in for Raspberry Pi's python3-kms++, which picamera2's preview on a monitor imports and nobody uses here."""

from typing import Any


class _AnyName(type):
    def __getattr__(cls, name: str) -> Any:
        return name


class PixelFormat(metaclass=_AnyName):
    """Has every format."""
