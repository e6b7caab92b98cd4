"""The protocol of a contactless thermometer."""

from typing import Protocol

from kiosk.flow.temperature import Sample

__all__ = ["Sample", "Thermometer"]


class Thermometer(Protocol):
    """A thermometer that measures on request."""

    def sample(self) -> Sample:
        """Measure once, now, in degrees Celsius.

        Raises `DeviceError` (thermometer_silent, thermometer_error) if there is no valid measurement.
        """
        ...

    def close(self) -> None:
        """Close the bus. Safe to call twice."""
        ...
