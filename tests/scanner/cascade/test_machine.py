"""The measurement of the machine: by any clock, bounded, and without a clock."""

import pytest

from kiosk.scanner.cascade import machine
from kiosk.scanner.cascade.machine import MAX_ROUNDS, MEASURE_MS, SLOWEST, WORK_MS, measured_slowness
from kiosk.scanner.cascade.readers import zxing
from kiosk.scanner.symbol.locate.search import by_contours


class WorkClock:
    """A clock on which each round of work takes the next of these times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *rounds_ms: float) -> None:
        self.now_s, self.rounds = 0.0, 0
        self._rounds_ms = rounds_ms
        monkeypatch.setattr(machine, "_work", self._work)

    def _work(self, *_: object) -> None:
        self.now_s += self._rounds_ms[min(self.rounds, len(self._rounds_ms) - 1)] / 1000.0
        self.rounds += 1

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize(("times", "slowness"), [(1.0, 1.0), (4.0, 4.0), (0.5, 1.0), (100.0, SLOWEST)])
def test_the_slowness_is_the_time_of_the_work_over_that_of_the_measured_machine(
    monkeypatch: pytest.MonkeyPatch, times: float, slowness: float
) -> None:
    assert measured_slowness(WorkClock(monkeypatch, times * WORK_MS)) == pytest.approx(slowness)


def test_the_shortest_round_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured_slowness(WorkClock(monkeypatch, 50.0, 2 * WORK_MS, 30.0)) == pytest.approx(2.0)


def test_the_measurement_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = WorkClock(monkeypatch, WORK_MS)
    measured_slowness(quick)
    assert quick.rounds == MAX_ROUNDS
    for times in (5.0, 10.0, 15.0):
        slow = WorkClock(monkeypatch, times * WORK_MS)
        measured_slowness(slow)
        assert slow.now_s * 1000.0 <= MEASURE_MS
    slowest = WorkClock(monkeypatch, 60 * WORK_MS)
    measured_slowness(slowest)
    assert slowest.rounds == 1


def test_a_clock_that_stands_still_gives_the_measured_machine() -> None:
    assert measured_slowness(lambda: 0.0) == 1.0


def test_the_work_reads_locates_and_samples_the_built_in_symbol() -> None:
    picture, pose = machine._built_in_symbol()
    assert zxing()(picture).unread  # its words are random, so that the whole of zxing-cpp is run
    (found,) = by_contours(picture)
    assert found.version == pose.version
    assert abs(found.corners() - pose.corners()).max() < 2.0
