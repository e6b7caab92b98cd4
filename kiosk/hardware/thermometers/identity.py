"""The sensor that is connected, by the number in its EEPROM: is it the one from before?

After the start and after a fault, the sensor may be another one. Another one has another error, so what the kiosk
learnt about people by the first one does not hold for it. A wire that was loose for a moment changes nothing.
"""

from kiosk.errors import DeviceError
from kiosk.hardware.thermometers.thermometer import Thermometer

UNIT_ASKS = 12
"""Questions for the number, of which an MLX90614 needs four, until the sensor counts as one without a number."""


class SensorIdentity:
    """Asks the sensor for its number. unit: the number in hexadecimal digits; "": the sensor tells none."""

    def __init__(self) -> None:
        self.unit = ""
        self._asks_left = UNIT_ASKS

    @property
    def is_known(self) -> bool:
        """True if the sensor was asked; False while it may be another one than before."""
        return not self._asks_left

    def expect_another(self) -> None:
        """Ask again, because the sensor may have been replaced."""
        self._asks_left = UNIT_ASKS

    def ask(self, thermometer: Thermometer) -> bool:
        """Ask once, if it is not known. Return True if it is known now, and not surely the same sensor as before.

        A question that fails is asked again by the next call.
        """
        if self.is_known:
            return False
        self._asks_left -= 1
        try:
            unit = thermometer.unit()
        except DeviceError:
            unit = None
        if unit is None and self._asks_left:
            return False
        before, self.unit, self._asks_left = self.unit, unit or "", 0
        return not self.unit or self.unit != before
