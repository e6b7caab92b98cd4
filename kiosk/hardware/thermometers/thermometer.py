"""The protocol of a contactless thermometer."""

from typing import Protocol

from kiosk.flow.temperature import Sample

__all__ = ["Sample", "Thermometer"]


class Thermometer(Protocol):
    """A thermometer that measures on request."""

    def sample(self) -> Sample | None:
        """Measure once, now, in degrees Celsius; None if a sensor with a pace of its own has nothing new yet.

        Raises `DeviceError` (thermometer_silent, thermometer_error) if there is no valid measurement.
        """
        ...

    def unit(self) -> str | None:
        """Return the sensor's own number in hexadecimal digits, "" if it has none; None: not known yet, ask again.

        Asked after a sample. Raises `DeviceError` like `sample`.
        """
        ...

    def close(self) -> None:
        """Close the bus. Safe to call twice."""
        ...
