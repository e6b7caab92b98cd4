"""The worker that takes a visitor's temperature: samples at a pace, settles, corrects, answers, gives up in time.

Rule 1: every question gets one answer, `TemperatureRead` or `TemperatureUnsettled`, with its visit and request.
Rule 2: the sensor's health is a level: it is told when it changes, and told again until it is taken.
Rule 3: one bad sample is no failure; `MISSES` in a row are.
"""

import logging
from collections.abc import Callable

from kiosk.errors import DeviceError
from kiosk.flow.commands import MeasureTemperature, StopMeasuring
from kiosk.flow.events import Event, TemperatureRead, TemperatureUnsettled, health_event
from kiosk.flow.temperature import Sample, Settled, TemperatureLimits, Unsettled, correct, settle
from kiosk.hardware.thermometers.thermometer import Thermometer
from kiosk.model import Clock
from kiosk.settings.schema.wiring import Correction, ThermometerSettings
from kiosk.support.delivery import Delivery

logger = logging.getLogger(__name__)

WARM_UP_S = 0.25
"""Nothing is believed this long after power-on or trouble (datasheet: 0.15 s; Linux's driver waits 0.25 s)."""

IDLE_S = 5.0
RETRY_S = 2.0
"""Time between looks while nobody is measured, and while the sensor is out of order."""

MISSES = 6
"""More than it takes to learn that a unit sends no checksums (`mlx90614.CHECKSUM_TRIES`)."""

POST_AGAIN_S = 0.1
"""Time between tries to hand over what the inbox was too full for."""

WORKS = ""


class ThermometerDuty:
    """The duty named "thermometer"; its jobs are `MeasureTemperature` and `StopMeasuring`."""

    def __init__(
        self,
        thermometer: Thermometer,
        settings: ThermometerSettings,
        measure_s: float,
        clock: Clock,
        post: Callable[[Event], bool],
    ) -> None:
        self.name = "thermometer"
        self._thermometer = thermometer
        self._settings = settings
        self._limits = limits_of(settings)
        self._measure_s = measure_s
        self._clock = clock
        self._question: MeasureTemperature | None = None
        self._deadline_s = 0.0
        self._samples: tuple[Sample, ...] = ()
        self._answers = Delivery(post)
        self._health: str | None = None
        self._health_reports = Delivery[str](
            lambda fault: post(health_event(clock.now_s(), self.name, fault)), changes_only=True
        )
        self._misses = 0
        self._looked_at_s = self._due_s = clock.now_s()
        self._warm_at_s = clock.now_s() + WARM_UP_S

    def handle(self, job: MeasureTemperature | StopMeasuring) -> None:
        """Begin a measurement instead of any other, or forget it."""
        self._answers.cancel()
        self._samples = ()
        match job:
            case MeasureTemperature():
                self._question = job
                self._deadline_s = self._clock.now_s() + self._measure_s
                self._due_s = min(self._due_s, self._looked_at_s + self._pace_s())
            case StopMeasuring():
                self._question = None

    def tick(self) -> float:
        """Look if a look is due, answer if there is an answer; the seconds until there is something to do."""
        now_s = self._clock.now_s()
        if now_s >= self._due_s:
            self._look(now_s)
        if self._question:
            self._judge(self._question, now_s)
        next_s = min(self._due_s, self._deadline_s) if self._question else self._due_s
        delivered = self._health_reports.deliver() and self._answers.deliver()
        return max(next_s - now_s, 0.0) if delivered else POST_AGAIN_S

    def close(self) -> None:
        """Let the sensor go."""
        self._thermometer.close()

    def _look(self, now_s: float) -> None:
        try:
            sample = self._thermometer.sample()
        except DeviceError as error:
            self._miss(error)
        else:
            if self._health:
                self._warm_at_s = now_s + WARM_UP_S
            self._misses = 0
            self._set_health(WORKS)
            if self._question and now_s >= self._warm_at_s:
                self._samples = (*self._samples, sample)[-self._limits.count :]
        self._looked_at_s = now_s
        self._due_s = now_s + self._pace_s()

    def _miss(self, error: DeviceError) -> None:
        self._misses += 1
        self._samples = ()
        if self._misses >= MISSES:
            if self._health != error.fault:
                logger.error("%s", error)
            self._set_health(error.fault)

    def _set_health(self, health: str) -> None:
        self._health = health
        self._health_reports.put(health)

    def _pace_s(self) -> float:
        if self._health:
            return RETRY_S
        return self._settings.sample_s if self._question or self._misses else IDLE_S

    def _judge(self, question: MeasureTemperature, now_s: float) -> None:
        match settle(self._samples, self._limits):
            case Settled(skin_c, ambient_c):
                body_c = correct(skin_c, ambient_c, **correction_of(self._settings))
                self._finish(TemperatureRead(now_s, question.visit, question.request, body_c, skin_c, ambient_c))
            case Unsettled(hint) if now_s >= self._deadline_s:
                self._finish(TemperatureUnsettled(now_s, question.visit, question.request, hint))

    def _finish(self, answer: Event) -> None:
        self._question = None
        self._samples = ()
        self._answers.put(answer)
        self._due_s = self._looked_at_s + self._pace_s()


def limits_of(settings: ThermometerSettings) -> TemperatureLimits:
    """The settings' limits as the pure rules read them."""
    return TemperatureLimits(
        count=settings.settle_samples,
        spread_c=settings.settle_spread_c,
        skin_min_c=settings.skin_min_c,
        skin_max_c=settings.skin_max_c,
        ambient_min_c=settings.ambient_min_c,
        ambient_max_c=settings.ambient_max_c,
    )


def correction_of(settings: ThermometerSettings) -> dict[str, float]:
    """The settings' correction as arguments of `flow.temperature.correct`."""
    match settings.correction:
        case Correction.NONE:
            return {}
        case Correction.OFFSET:
            return {"offset_c": settings.offset_c}
        case Correction.HEAT_BALANCE:
            return {"heat_balance": settings.heat_balance}
