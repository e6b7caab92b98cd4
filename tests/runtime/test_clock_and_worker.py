import queue
import threading
from typing import Any

import pytest

from kiosk.runtime.clock import RealClock
from kiosk.runtime.worker import INBOX_SIZE, InlineWorker, ThreadWorker
from kiosk.simulator.clock import VirtualClock

PATIENCE_S = 30.0


class Diary:
    """A duty that notes what it is asked, and can be told to hold on or to break."""

    name = "diary"

    def __init__(self) -> None:
        self.notes: queue.Queue[Any] = queue.Queue()
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def handle(self, job: Any) -> None:
        self.may_go_on.wait(PATIENCE_S)
        if job == "break":
            raise ZeroDivisionError("a bug")
        self.notes.put(job)

    def tick(self) -> float | None:
        return None

    def close(self) -> None:
        self.notes.put("closed")


def test_a_worker_does_its_jobs_in_order_and_lets_go_at_the_end() -> None:
    diary = Diary()
    worker = ThreadWorker(diary, RealClock(), pytest.fail)
    worker.start()
    assert [worker.put(job) for job in ("a", "b")] == [True, True]
    assert [diary.notes.get(timeout=PATIENCE_S) for _ in range(2)] == ["a", "b"]
    assert worker.stop(PATIENCE_S)
    assert diary.notes.get(timeout=PATIENCE_S) == "closed"


def test_a_full_inbox_refuses_the_newest_job_and_a_stuck_worker_is_left_behind() -> None:
    diary = Diary()
    diary.may_go_on.clear()
    worker = ThreadWorker(diary, RealClock(), pytest.fail)
    assert [worker.put(n) for n in range(INBOX_SIZE + 1)] == [True] * INBOX_SIZE + [False]
    worker.start()
    assert worker.stop(0.0) is False
    diary.may_go_on.set()
    assert worker.stop(PATIENCE_S)


def test_a_bug_in_a_duty_is_told_with_the_name_of_the_worker() -> None:
    ended: queue.Queue[str] = queue.Queue()
    worker = ThreadWorker(Diary(), RealClock(), ended.put)
    worker.start()
    worker.put("break")
    assert ended.get(timeout=PATIENCE_S) == "diary"


def test_a_worker_that_never_started_is_stopped_at_once() -> None:
    assert ThreadWorker(Diary(), RealClock(), pytest.fail).stop(0.0)


def test_on_the_virtual_clock_a_duty_works_when_time_passes() -> None:
    clock, diary = VirtualClock(), Diary()
    worker = InlineWorker(diary, clock)
    worker.start()
    worker.put("a")
    assert diary.notes.empty()
    clock.advance(0.0)
    assert diary.notes.get_nowait() == "a"
    assert worker.stop(1.0)


def test_alarms_ring_in_order_and_cancelled_ones_do_not() -> None:
    clock = RealClock()
    rung: queue.Queue[str] = queue.Queue()
    now_s = clock.now_s()
    clock.call_at(now_s + 0.02, lambda: rung.put("second"))
    clock.call_at(now_s + 0.015, lambda: rung.put("never")).cancel()
    clock.call_at(now_s + 0.01, lambda: rung.put("first"))
    assert [rung.get(timeout=PATIENCE_S) for _ in range(2)] == ["first", "second"]
    assert rung.empty()


def test_an_alarm_that_fails_ends_the_process() -> None:
    crashed = threading.Event()
    clock = RealClock(on_crash=crashed.set)

    def bug() -> None:
        raise ZeroDivisionError("a bug")

    clock.call_at(clock.now_s(), bug)
    assert crashed.wait(PATIENCE_S)
