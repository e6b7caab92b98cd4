"""What any contactless thermometer does for the kiosk."""

from typing import Protocol

from kiosk.flow.temperature import Sample

__all__ = ["Sample", "Thermometer"]


class Thermometer(Protocol):
    """One that looks when it is asked."""

    def sample(self) -> Sample:
        """Look once, now; raises `DeviceError` (thermometer_silent, thermometer_error), never a made-up figure."""
        ...

    def close(self) -> None:
        """Let the bus go; safe to call twice."""
        ...
