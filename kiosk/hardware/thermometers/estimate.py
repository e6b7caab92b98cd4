"""The settings as limits of a reading, and the estimate of the body temperature that they ask for."""

from kiosk.flow.temperature import TemperatureLimits, correct
from kiosk.hardware.thermometers.calibration import SiteCalibration
from kiosk.settings.schema.thermometer import Correction, ThermometerSettings


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


def body_temperature_c(
    skin_c: float, ambient_c: float, settings: ThermometerSettings, calibration: SiteCalibration | None
) -> float:
    """Return the estimate of the body temperature in degrees Celsius.

    calibration: replaces `offset_c` of the settings; None: there is none.
    """
    match settings.correction:
        case Correction.NONE:
            return correct(skin_c, ambient_c)
        case Correction.OFFSET if calibration:
            return calibration.body_c(skin_c)
        case Correction.OFFSET:
            return correct(skin_c, ambient_c, offset_c=settings.offset_c)
        case Correction.HEAT_BALANCE:
            return correct(skin_c, ambient_c, heat_balance=settings.heat_balance)
