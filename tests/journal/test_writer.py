"""The writer: a stalled card, answers, retries and withdrawn rows."""

import queue
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.journal.writer import RETRY_S, JournalWriter, RowRefused, RowWritten
from kiosk.model import Clock
from kiosk.runtime.clock import RealClock
from kiosk.runtime.worker import InlineWorker, ThreadWorker
from kiosk.simulator.clock import VirtualClock
from tests.journal.books import Wall, admitted, journal, look, referred

WITHIN_S = 30.0

Answers = queue.Queue[RowWritten | RowRefused]


def put(answers: Answers) -> Callable[[RowWritten | RowRefused], bool]:
    def post(answer: RowWritten | RowRefused) -> bool:
        answers.put(answer)
        return True

    return post


def new_writer(path: Path, clock: Clock, answers: Answers, keep_time: Callable[[], None]) -> JournalWriter:
    return JournalWriter(journal(path), Wall(), clock, put(answers), keep_time)


def test_a_card_that_stalls_delays_only_the_thread_of_the_writer(tmp_path: Path) -> None:
    """The time floor is on the same card and is stored by the same thread."""
    stalled, may_continue = threading.Event(), threading.Event()

    def stall() -> None:
        stalled.set()
        assert may_continue.wait(WITHIN_S)

    clock, answers = RealClock(), Answers()
    writer = new_writer(tmp_path / "journal.db", clock, answers, stall)
    worker = ThreadWorker(writer, clock, pytest.fail)
    worker.start()
    assert stalled.wait(WITHIN_S)
    numbers = [writer.hand_over(referred(visit)) for visit in (1, 2, 3)]
    assert writer.waiting_since_s is not None
    assert writer.withdraw(numbers[1])
    assert worker.stop(0.0) is False
    may_continue.set()
    assert worker.stop(WITHIN_S)
    assert [answers.get_nowait().number for _ in range(2)] == [numbers[0], numbers[2]]
    assert look(tmp_path / "journal.db", "SELECT visit FROM journal ORDER BY id") == [(1,), (3,)]


def test_a_row_has_the_time_when_it_was_handed_over(tmp_path: Path) -> None:
    clock, answers, wall = VirtualClock(), Answers(), Wall()
    writer = JournalWriter(journal(tmp_path / "journal.db"), wall, clock, put(answers), lambda: None)
    writer.hand_over(referred(1))
    wall.advance(days=1)
    writer.close()
    assert look(tmp_path / "journal.db", "SELECT at_utc FROM journal") == [("2026-03-04T12:00:00.000Z",)]


def test_refused_rows_are_tried_again_except_admissions(tmp_path: Path) -> None:
    clock, answers = VirtualClock(), Answers()
    path = tmp_path / "later" / "journal.db"
    writer = new_writer(path, clock, answers, lambda: None)
    worker = InlineWorker(writer, clock)
    worker.start()
    numbers = [writer.hand_over(record) for record in (referred(1), admitted(2))]
    clock.advance(0.0)
    assert [answers.get_nowait() for _ in numbers] == [
        RowRefused(clock.now_s(), number, "journal_full") for number in numbers
    ]
    assert writer.waiting_since_s is None
    assert writer.withdraw(numbers[1])
    path.parent.mkdir()
    clock.advance(RETRY_S)
    assert answers.get_nowait() == RowWritten(clock.now_s(), 0)
    worker.stop(0.0)
    assert look(path, "SELECT visit FROM journal") == [(1,)]


def test_a_durable_row_cannot_be_withdrawn(tmp_path: Path) -> None:
    clock, answers = VirtualClock(), Answers()
    writer = new_writer(tmp_path / "journal.db", clock, answers, lambda: None)
    number = writer.hand_over(admitted(1))
    writer.tick()
    assert not writer.withdraw(number)
    writer.close()
