import queue
import threading
from typing import Any

import pytest

from kiosk.runtime.clock import RealClock
from kiosk.runtime.worker import InlineWorker, ThreadWorker
from kiosk.simulator.clock import VirtualClock

PATIENCE_S = 30.0


class RecordingDuty:
    """A duty that records its jobs, and that can be made to wait or to raise."""

    name = "recording"

    def __init__(self) -> None:
        self.jobs: queue.Queue[Any] = queue.Queue()
        self.may_continue = threading.Event()
        self.may_continue.set()
        self.begun: queue.Queue[Any] = queue.Queue()

    def handle(self, job: Any) -> None:
        self.begun.put(job)
        self.may_continue.wait(PATIENCE_S)
        if job == "break":
            raise ZeroDivisionError("a bug")
        self.jobs.put(job)

    def tick(self) -> float | None:
        return None

    def close(self) -> None:
        self.jobs.put("closed")


def test_a_worker_does_its_jobs_in_order_and_closes_its_duty_at_the_end() -> None:
    duty = RecordingDuty()
    worker = ThreadWorker(duty, RealClock(), pytest.fail)
    worker.start()
    for job in ("a", "b"):
        worker.put(job)
        assert duty.jobs.get(timeout=PATIENCE_S) == job
    assert worker.stop(PATIENCE_S)
    assert duty.jobs.get(timeout=PATIENCE_S) == "closed"


def test_the_newest_job_is_done_right_after_the_one_that_runs() -> None:
    duty = RecordingDuty()
    duty.may_continue.clear()
    worker = ThreadWorker(duty, RealClock(), pytest.fail)
    worker.start()
    worker.put("runs")
    assert duty.begun.get(timeout=PATIENCE_S) == "runs"
    for job in ("of somebody who left", "of another who left", "newest"):
        worker.put(job)
    duty.may_continue.set()
    assert [duty.jobs.get(timeout=PATIENCE_S) for _ in range(2)] == ["runs", "newest"]
    assert worker.stop(PATIENCE_S)
    assert duty.jobs.get(timeout=PATIENCE_S) == "closed"


def test_stop_wakes_a_worker_that_waits_for_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.runtime.worker.BEAT_S", 2 * PATIENCE_S)
    duty = RecordingDuty()
    worker = ThreadWorker(duty, RealClock(), pytest.fail)
    worker.start()
    worker.put("a")
    assert duty.jobs.get(timeout=PATIENCE_S) == "a"
    assert worker.stop(PATIENCE_S)


def test_stop_does_not_wait_for_a_stuck_worker() -> None:
    duty = RecordingDuty()
    duty.may_continue.clear()
    worker = ThreadWorker(duty, RealClock(), pytest.fail)
    worker.start()
    worker.put("runs")
    assert duty.begun.get(timeout=PATIENCE_S) == "runs"
    assert worker.stop(0.0) is False
    duty.may_continue.set()
    assert worker.stop(PATIENCE_S)


def test_a_bug_in_a_duty_is_reported_with_the_name_of_the_worker() -> None:
    ended: queue.Queue[str] = queue.Queue()
    worker = ThreadWorker(RecordingDuty(), RealClock(), ended.put)
    worker.start()
    worker.put("break")
    assert ended.get(timeout=PATIENCE_S) == "recording"


def test_a_worker_that_never_started_is_stopped_at_once() -> None:
    assert ThreadWorker(RecordingDuty(), RealClock(), pytest.fail).stop(0.0)


def test_an_inline_worker_does_its_jobs_when_the_clock_is_advanced() -> None:
    clock, duty = VirtualClock(), RecordingDuty()
    worker = InlineWorker(duty, clock)
    worker.start()
    worker.put("replaced")
    worker.put("a")
    assert duty.jobs.empty()
    clock.advance(0.0)
    assert duty.jobs.get_nowait() == "a"
    assert duty.jobs.empty()
    assert worker.stop(1.0)


def test_alarms_run_in_order_and_cancelled_ones_do_not_run() -> None:
    clock = RealClock()
    ran: queue.Queue[str] = queue.Queue()
    now_s = clock.now_s()
    clock.call_at(now_s + 0.02, lambda: ran.put("second"))
    clock.call_at(now_s + 0.015, lambda: ran.put("never")).cancel()
    clock.call_at(now_s + 0.01, lambda: ran.put("first"))
    assert [ran.get(timeout=PATIENCE_S) for _ in range(2)] == ["first", "second"]
    assert ran.empty()


def test_an_alarm_that_fails_ends_the_process() -> None:
    crashed = threading.Event()
    clock = RealClock(on_crash=crashed.set)

    def bug() -> None:
        raise ZeroDivisionError("a bug")

    clock.call_at(clock.now_s(), bug)
    assert crashed.wait(PATIENCE_S)
