"""The settings as limits of a reading, and the estimate of the body temperature that they ask for."""

import logging
from collections.abc import Callable

from kiosk.flow.temperature import TemperatureLimits, correct
from kiosk.hardware.thermometers.calibration import SiteCalibration
from kiosk.model import WallTime
from kiosk.settings.schema.thermometer import Correction, ThermometerSettings

logger = logging.getLogger(__name__)


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
    Rule 2: a calibration without a sensor's number, and a sensor without one, cannot be compared: it is used.
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

    def use_for(self, unit: str) -> None:
        """Estimate by the sensor with this number; "": it tells none."""
        self._is_foreign = bool(self._calibration and self._calibration.is_of_another(unit))
        if self._calibration and self._is_foreign:
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
