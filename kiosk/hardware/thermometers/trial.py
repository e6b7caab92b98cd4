"""Measuring by hand: the thermometer's worker without a kiosk, for the command `kiosk calibrate`."""

from collections.abc import Callable
from contextlib import suppress

from kiosk.errors import DeviceError, KioskError
from kiosk.flow.commands import MeasureTemperature
from kiosk.flow.events import DeviceFailed, Event, TemperatureRead, TemperatureUnsettled
from kiosk.hardware.thermometers.duty import ThermometerDuty
from kiosk.hardware.thermometers.identity import UNIT_ASKS
from kiosk.hardware.thermometers.thermometer import Sample, Thermometer
from kiosk.model import Clock
from kiosk.settings.schema.thermometer import ThermometerSettings

EMPTY_S = 15.0
"""Longest time until the empty spot is known: four samples, and the start of an imager's process."""

ASK_PAUSE_S = 0.1
"""Between two questions for the sensor's number."""

WORDS = {
    "too_far": "nothing as warm as skin is before the sensor; come closer",
    "hold_still": "the reading was not steady; hold still",
    "room_unsuitable": "skin cannot be told from the empty spot, or the room is too hot or too cold",
    "step_back": "the empty spot is not known",
    "sensor": "the sensor sent nothing",
}


class ThermometerTrial:
    """Drives the worker's duty on the caller's thread; `pause` waits for some seconds."""

    def __init__(
        self,
        sensor: Thermometer,
        settings: ThermometerSettings,
        measure_s: float,
        clock: Clock,
        pause: Callable[[float], None],
    ) -> None:
        self._sensor = sensor
        self._clock = clock
        self._pause = pause
        self._measure_s = measure_s
        self._is_empty = False
        self._posted: list[Event] = []
        self._duty = ThermometerDuty(sensor, settings, measure_s, clock, self._post, lambda: self._is_empty)
        self._measurements = 0

    def look_at_empty_spot(self) -> None:
        """Sample while nobody is before the sensor, until the spot is known. Raises `KioskError` without samples."""
        self._is_empty = True
        self._duty.forget_empty_spot()
        try:
            self._run(EMPTY_S, lambda: self._duty.knows_empty_spot)
        finally:
            self._is_empty = False
        if not self._duty.knows_empty_spot:
            raise KioskError("the thermometer sends no samples; see 'kiosk doctor'")

    def unit(self) -> str:
        """Return the sensor's own number; "" if it has none, or does not tell it."""
        return unit_of(self._sensor, self._pause)

    def skin_c(self) -> float:
        """Return one reading of the skin in degrees Celsius. Raises `KioskError` with the reason if there is none."""
        self._measurements += 1
        self._posted.clear()
        self._duty.handle(MeasureTemperature(self._measurements, self._measurements))
        self._run(self._measure_s + 1.0, lambda: bool(self._answers()))
        match next(iter(self._answers()), None):
            case TemperatureRead(skin_c=skin_c):
                return skin_c
            case TemperatureUnsettled(hint=hint):
                raise KioskError(WORDS.get(hint, hint))
            case _:
                raise KioskError("the thermometer sent no answer; see 'kiosk doctor'")

    def _answers(self) -> list[Event]:
        return [event for event in self._posted if isinstance(event, TemperatureRead | TemperatureUnsettled)]

    def _run(self, for_s: float, is_done: Callable[[], bool]) -> None:
        ends_s = self._clock.now_s() + for_s
        while not is_done() and self._clock.now_s() < ends_s:
            self._pause(max(min(self._duty.tick(), 0.2), 0.01))

    def _post(self, event: Event) -> bool:
        self._posted.append(event)
        if isinstance(event, DeviceFailed):
            raise KioskError(f"the thermometer fails ({event.fault}); see 'kiosk doctor'", event.fault)
        return True


def first_sample(sensor: Thermometer, within_s: float, pause: Callable[[float], None]) -> Sample:
    """Return the first sample. Raises `DeviceError` if the sensor does not answer, or has none after so many pauses."""
    for _ in range(round(within_s / ASK_PAUSE_S)):
        if sample := sensor.sample():
            return sample
        pause(ASK_PAUSE_S)
    raise DeviceError("thermometer", f"no sample within {within_s:.0f} s", "thermometer_silent")


def unit_of(sensor: Thermometer, pause: Callable[[float], None]) -> str:
    """Return the number of a sensor that has given a sample; "" if it has none, or does not tell it."""
    for _ in range(UNIT_ASKS):
        with suppress(DeviceError):
            if (unit := sensor.unit()) is not None:
                return unit
        pause(ASK_PAUSE_S)
    return ""
