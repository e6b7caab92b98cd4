"""The worker that measures a visitor's temperature: it samples, waits for a settled reading, corrects it and answers.

A single sample says little: while the visitor approaches, the sensor sees the wall, then a part of the head, then the
forehead, and its own filter follows with a delay. The worker therefore samples at a fixed pace during a measurement
and keeps the newest `settle_samples` samples. `flow.temperature.settle` accepts them as a reading when they agree
within `settle_spread_c` and skin and ambient are within their limits. Such a reading is a look. From the first look
on, each new sample gives one more look, `looks` in all, and the hottest steady one counts: hair, a cap or the edge of
the head make a look colder, and hardly anything makes a steady one too hot. `correct` estimates the body temperature
from it. If there is no look until the deadline, the answer is `TemperatureUnsettled` with a hint for the visitor.
Samples from before the request, from the warm-up and from before an error are dropped, because they may belong to
another person or to no person.

Between measurements the worker samples rarely, to learn if the sensor works and what the empty spot looks like (see
`background`). During a fault it samples at `RETRY_S`, so that a replaced sensor is found soon.

Rule 1: every measurement gets one answer, `TemperatureRead` or `TemperatureUnsettled`, with its visit and request.
Rule 2: the sensor's health is a level: it is reported when it changes, and offered until it is accepted.
Rule 3: one bad sample is not a failure; `MISSES` in a row are.
Rule 4: with the relative rule a reading carries the limit of its visit (`fever_rule`).
Rule 5: without a reading of the empty spot nobody is measured. Somebody there at the start is asked to step back.
Rule 6: an estimate above what a clinical thermometer shows of a living person is of a thing: it is no look.
Rule 7: a reading that came about too slowly for a person is not used (`arrival`).
Rule 8: what looks like a thing before the sensor is reported to the technician (`spot_watch`), and readings that may be
of it do not stay in the crowd.
"""

import logging
import math
from collections.abc import Callable

from kiosk.errors import DeviceError
from kiosk.flow.commands import MeasureTemperature, StopMeasuring
from kiosk.flow.events import Event, TemperatureRead, TemperatureUnsettled, health_event
from kiosk.flow.temperature import Sample, Settled, Unsettled, settle
from kiosk.hardware.thermometers.arrival import Arrival
from kiosk.hardware.thermometers.background import EmptySpot
from kiosk.hardware.thermometers.calibration import CLINICAL_C, SiteCalibration
from kiosk.hardware.thermometers.estimate import SiteEstimate, limits_of
from kiosk.hardware.thermometers.fever_rule import Crowd, FeverLimit
from kiosk.hardware.thermometers.identity import SensorIdentity
from kiosk.hardware.thermometers.readout import ReadoutSample, SampleQuickly
from kiosk.hardware.thermometers.spot_watch import ALIKE_VISITS, SpotWatch
from kiosk.hardware.thermometers.thermometer import Thermometer
from kiosk.model import Clock, WallTime
from kiosk.settings.schema.thermometer import ThermometerSettings
from kiosk.support.delivery import Delivery

logger = logging.getLogger(__name__)

WARM_UP_S = 0.25
"""Samples are ignored for this time after power-on or a fault (datasheet: 0.15 s; Linux's driver waits 0.25 s)."""

IDLE_S = 5.0
OCCUPIED_S = 0.5
RETRY_S = 2.0
"""Seconds between two samples while nobody is there, while somebody is or was but is not measured, and during a fault.

`OCCUPIED_S` is short, so that the gap between two visitors of a queue has room for several samples of the empty spot,
and so that somebody who comes is told from a lamp that warms up (see `arrival`).
"""

MISSES = 6
"""More than the driver needs to learn that a unit sends no checksums (`mlx90614.CHECKSUM_TRIES`)."""

POST_AGAIN_S = 0.1
"""Seconds until an event is offered again that the full inbox refused."""

WORKS = ""

CROWD_FAULTS = frozenset({Crowd.WARM, Crowd.COLD})
"""States of the crowd that are reported as faults of the device "crowd", which do not stop the service."""


class ThermometerDuty:
    """The duty named "thermometer"; its jobs are `MeasureTemperature`, `StopMeasuring` and `SampleQuickly`.

    measure_s: the longest time of a measurement in seconds. post: offers an event to the inbox; returns True if it was
    accepted. is_empty, is_watched: return True if nobody is known to stand in front of the sensor, and if a presence
    sensor would see somebody there; called on the worker's thread. limit: follows the crowd; None: the fixed rule
    holds, and nobody watches the crowd. calibration: the site's own correction; None: that of the settings. wall: the
    time of day, by which a calibration expires; None: it is not reported.
    on_sample: called with each valid sample, on the worker's thread; it must be short.
    """

    def __init__(
        self,
        thermometer: Thermometer,
        settings: ThermometerSettings,
        measure_s: float,
        clock: Clock,
        post: Callable[[Event], bool],
        is_empty: Callable[[], bool],
        limit: FeverLimit | None = None,
        calibration: SiteCalibration | None = None,
        wall: Callable[[], WallTime] | None = None,
        on_sample: Callable[[ReadoutSample], None] = lambda _sample: None,
        is_watched: Callable[[], bool] = lambda: True,
    ) -> None:
        self.name = "thermometer"
        self._thermometer = thermometer
        self._settings = settings
        self._limits = limits_of(settings)
        self._measure_s = measure_s
        self._clock = clock
        self._is_empty, self._is_watched = is_empty, is_watched
        self._empty_spot = EmptySpot(settings.skin_contrast_c, settings.drift_c_per_min)
        self._limit = limit
        self._estimate = SiteEstimate(settings, calibration, wall)
        self._identity = SensorIdentity()
        self._on_sample = on_sample
        self._quick_until_s, self._deadline_s = -math.inf, 0.0
        self._request: MeasureTemperature | None = None
        self._samples: tuple[Sample, ...] = ()
        self._hottest: Settled | None = None
        self._looks_left = settings.looks
        self._answers = Delivery(post)
        self._health: str | None = None
        self._crowd = Crowd.USUAL
        self._watch, self._arrival = SpotWatch(settings.skin_min_c), Arrival()
        levels = [_levels(device, clock, post) for device in (self.name, "crowd", "calibration", "spot")]
        self._health_reports, self._crowd_reports, self._calibration_reports, self._spot_reports = levels
        self._misses = 0
        self._sampled_at_s = self._due_s = clock.now_s()
        self._warm_at_s = clock.now_s() + WARM_UP_S

    def handle(self, job: MeasureTemperature | StopMeasuring | SampleQuickly) -> None:
        """Begin a measurement, which replaces the one before, end it without an answer, or sample quickly."""
        if isinstance(job, SampleQuickly):
            self._quick_until_s = self._clock.now_s() + job.for_s
            self._due_s = min(self._due_s, self._sampled_at_s + self._settings.sample_s)
            return
        self._answers.cancel()
        self._forget_samples()
        match job:
            case MeasureTemperature():
                self._request = job
                self._deadline_s = self._clock.now_s() + self._measure_s
                self._due_s = min(self._due_s, self._sampled_at_s + self._pace_s())
            case StopMeasuring():
                self._request = None

    def tick(self) -> float:
        """Sample if a sample is due, answer if there is an answer; return the seconds until the next tick is due."""
        now_s = self._clock.now_s()
        if self._due_s - self._sampled_at_s > OCCUPIED_S and not self._is_empty():
            self._due_s = self._sampled_at_s + OCCUPIED_S  # somebody comes: the samples must show how fast
        if now_s >= self._due_s:
            self._sample(now_s)
        if self._request:
            is_over = now_s >= self._deadline_s
            if self._hottest and (is_over or not self._looks_left):
                self._answer(self._judged(now_s, self._request, self._hottest))
            elif is_over and isinstance(found := self._settle(now_s), Unsettled):
                self._watch.note_none(self._request.visit)
                self._answer(TemperatureUnsettled(now_s, self._request.visit, self._request.request, found.hint))
        next_s = min(self._due_s, self._deadline_s if self._request else now_s + OCCUPIED_S)
        if (fault := self._watch.fault.value) or self._spot_reports.accepted:
            self._spot_reports.put(fault)
        deliveries = (
            self._health_reports, self._answers, self._crowd_reports, self._calibration_reports, self._spot_reports
        )  # fmt: skip
        delivered = all(delivery.deliver() for delivery in deliveries)
        return max(next_s - now_s, 0.0) if delivered else POST_AGAIN_S

    @property
    def knows_empty_spot(self) -> bool:
        """True if the empty spot is known, so that somebody can be measured."""
        return self._empty_spot.is_known

    def forget_empty_spot(self) -> None:
        """Forget what the empty spot looks like; it is learnt again from the next samples while nobody is there."""
        self._empty_spot.forget()

    def close(self) -> None:
        """Close the sensor's bus."""
        self._thermometer.close()

    def _sample(self, now_s: float) -> None:
        try:
            sample = self._thermometer.sample()
        except DeviceError as error:
            self._misses += 1
            self._forget_samples()
            if self._misses >= MISSES:
                if self._health != error.fault:
                    logger.error("%s", error)  # noqa: TRY400 - the cause is in the message
                self._set_health(error.fault)
        else:
            if sample:
                self._use(sample, now_s)
        self._sampled_at_s = now_s
        self._due_s = now_s + self._pace_s()

    def _use(self, sample: Sample, now_s: float) -> None:
        """Take in a valid sample: the sensor works, and the sample counts for the measurement or for the empty spot."""
        if self._health:
            self._warm_at_s = now_s + WARM_UP_S
            self._identity.expect_another()
            self._empty_spot.forget()
        self._misses = 0
        self._set_health(WORKS)
        if self._identity.ask(self._thermometer):
            self._estimate.use_for(self._identity.unit)
            if self._limit:
                self._limit.forget()
        if (fault := self._estimate.fault()) or self._calibration_reports.accepted:
            self._calibration_reports.put(fault)
        if now_s < self._warm_at_s or not self._identity.is_known:
            return
        self._arrival.note(now_s, sample.object_c, self._empty_spot.background(now_s))
        is_free, cool_at_s = self._request is None and self._is_empty(), self._watch.cool_at_s
        if is_free and self._watch.note_empty(now_s, sample, watched=self._is_watched()) and self._limit:
            self._limit.forget_since(cool_at_s)
        if is_free and not self._watch.may_be_person:
            self._empty_spot.note(now_s, sample.object_c)
        else:
            self._empty_spot.interrupt()
        if self._request:
            self._samples = (*self._samples, sample)[-self._limits.count :]
            self._look(now_s)
        self._show(sample, now_s)

    def _show(self, sample: Sample, now_s: float) -> None:
        empty = self._empty_spot.background(now_s)
        body_c = self._estimate.body_c(sample.object_c, sample.ambient_c)
        visit, empty_c = self._request.visit if self._request else None, empty.object_c if empty else None
        self._on_sample(ReadoutSample(now_s, visit, sample.object_c, sample.ambient_c, body_c, empty_c))

    def _look(self, now_s: float) -> None:
        """Look at the newest samples, and count the look from the first one on that is a reading."""
        found = self._settle(now_s)
        if isinstance(found, Settled) and (self._hottest is None or found.skin_c > self._hottest.skin_c):
            self._hottest = found
        if self._hottest:
            self._looks_left -= 1

    def _settle(self, now_s: float) -> Settled | Unsettled:
        empty = self._empty_spot.background(now_s)
        found = settle(self._samples, self._limits, empty)
        if isinstance(found, Unsettled):
            return found
        if self._estimate.body_c(found.skin_c, found.ambient_c) > CLINICAL_C[1]:
            return Unsettled("too_far")
        return Unsettled("step_back") if empty and self._arrival.creeps(found.skin_c, empty) else found

    def _judged(self, now_s: float, job: MeasureTemperature, found: Settled) -> TemperatureRead | TemperatureUnsettled:
        """Return the answer for a reading; a reading that may be of a thing is none."""
        body_c = self._estimate.body_c(found.skin_c, found.ambient_c)
        if self._limit and body_c < self._limit.low_c:  # the flow does not use it either
            self._watch.note_none(job.visit)
        elif self._watch.note_reading(job.visit, found.skin_c):
            self._empty_spot.forget()
            if self._limit:
                self._limit.forget_newest(ALIKE_VISITS - 1)
            return TemperatureUnsettled(now_s, job.visit, job.request, "step_back")
        high_c = self._high_c(now_s, job.visit, body_c, found.ambient_c)
        few = self._crowd is Crowd.TOO_FEW and high_c is not None
        return TemperatureRead(now_s, job.visit, job.request, body_c, found.skin_c, found.ambient_c, high_c, few)

    def _forget_samples(self) -> None:
        self._samples, self._hottest, self._looks_left = (), None, self._settings.looks

    def _high_c(self, now_s: float, visit: int, body_c: float, ambient_c: float) -> float | None:
        """Return the limit for this reading, or None if the fixed rule holds."""
        if self._limit is None:
            return None
        high_c = self._limit.of_reading(now_s, visit, body_c, ambient_c)
        crowd, before, self._crowd = self._limit.crowd, self._crowd, self._limit.crowd
        if crowd is not before and Crowd.TOO_FEW in (crowd, before) and not self._limit.is_fixed:
            found = "too few people yet" if crowd is Crowd.TOO_FEW else "enough people"
            logger.info("thermometer: %s for the relative rule (temperature.relative)", found)
        fault = crowd.value if crowd in CROWD_FAULTS else ""
        if fault or self._crowd_reports.accepted:
            self._crowd_reports.put(fault)
        return None if self._limit.is_fixed else high_c

    def _set_health(self, health: str) -> None:
        self._health = health
        self._health_reports.put(health)

    def _pace_s(self) -> float:
        if self._health:
            return RETRY_S
        quick = self._sampled_at_s < self._quick_until_s
        if self._request or quick or self._misses or not self._empty_spot.is_known:
            return self._settings.sample_s
        is_resting = self._is_empty() and self._empty_spot.is_steady and not self._watch.is_warm
        return IDLE_S if is_resting else OCCUPIED_S

    def _answer(self, answer: Event) -> None:
        self._request = None
        self._forget_samples()
        self._answers.put(answer)
        self._due_s = self._sampled_at_s + self._pace_s()


def _levels(device: str, clock: Clock, post: Callable[[Event], bool]) -> Delivery[str]:
    """Return the delivery of faults of `device`, as levels."""
    return Delivery(lambda fault: post(health_event(clock.now_s(), device, fault)), changes_only=True)
