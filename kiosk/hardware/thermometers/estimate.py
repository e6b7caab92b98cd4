"""The settings as limits of a reading, and the estimate of the body temperature that they ask for."""

import logging
from collections.abc import Callable

from kiosk.errors import DeviceError
from kiosk.flow.temperature import TemperatureLimits, correct
from kiosk.hardware.thermometers.calibration import SiteCalibration
from kiosk.hardware.thermometers.thermometer import Thermometer
from kiosk.model import WallTime
from kiosk.settings.schema.thermometer import Correction, ThermometerSettings

logger = logging.getLogger(__name__)

UNIT_ASKS = 12
"""Questions for the sensor's own number, of which an MLX90614 needs four, until it counts as one without a number."""


def limits_of(settings: ThermometerSettings) -> TemperatureLimits:
    """Return the limits of the settings in the form that `flow.temperature.settle` reads."""
    return TemperatureLimits(
        count=settings.settle_samples,
        spread_c=settings.settle_spread_c,
        skin_min_c=settings.skin_min_c,
        skin_max_c=settings.skin_max_c,
        ambient_min_c=settings.ambient_min_c,
        ambient_max_c=settings.ambient_max_c,
    )


class SiteEstimate:
    """The estimate of the body temperature at this site.

    calibration: replaces `offset_c` of the settings while it is of the sensor that is connected; None: there is none.
    wall: the time of day, by which a calibration expires; None: it is not reported.

    Rule 1: a calibration that names another sensor is not used, because two sensors of a type differ by a degree.
    Rule 2: nobody is measured before it is known which sensor is connected (`wants_unit`).
    Rule 3: a calibration without a sensor's number, and a sensor without one, cannot be compared: it is used.
    """

    def __init__(
        self,
        settings: ThermometerSettings,
        calibration: SiteCalibration | None = None,
        wall: Callable[[], WallTime] | None = None,
    ) -> None:
        self._settings = settings
        self._calibration = calibration
        self._wall = wall
        self._is_foreign = False
        self._asks_left = 0
        self.expect_another_sensor()

    @property
    def wants_unit(self) -> bool:
        """True while the number of the sensor must be asked for."""
        return self._asks_left > 0

    def expect_another_sensor(self) -> None:
        """Ask for the number of the sensor again, because it may have been replaced."""
        self._asks_left = UNIT_ASKS if self._calibration and self._calibration.unit else 0

    def ask_unit(self, thermometer: Thermometer) -> None:
        """Ask the sensor once for its number, if that is wanted; a question that fails is asked again later."""
        if not self._calibration or not self._asks_left:
            return
        self._asks_left -= 1
        try:
            unit = thermometer.unit()
        except DeviceError:
            unit = None
        if unit is None and self._asks_left:
            return
        self._asks_left = 0
        self._is_foreign = self._calibration.is_of_another(unit or "")
        if self._is_foreign:
            logger.error("the calibration is of the thermometer %s, and this is %s", self._calibration.unit, unit)

    def fault(self) -> str:
        """Return the fault of the calibration, or ""."""
        if not self._calibration:
            return ""
        if self._is_foreign:
            return "calibration_foreign"
        return self._calibration.fault(self._wall()) if self._wall else ""

    def body_c(self, skin_c: float, ambient_c: float) -> float:
        """Return the estimate in degrees Celsius."""
        settings = self._settings
        match settings.correction:
            case Correction.NONE:
                return correct(skin_c, ambient_c)
            case Correction.OFFSET if self._calibration and not self._is_foreign:
                return self._calibration.body_c(skin_c)
            case Correction.OFFSET:
                return correct(skin_c, ambient_c, offset_c=settings.offset_c)
            case Correction.HEAT_BALANCE:
                return correct(skin_c, ambient_c, heat_balance=settings.heat_balance)
