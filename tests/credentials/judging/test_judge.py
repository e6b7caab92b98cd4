import queue
import threading

import pytest

from kiosk.credentials.judging.judge import CredentialDuty
from kiosk.credentials.judging.marks import Marks
from kiosk.credentials.judging.registry import Judgement, Registry
from kiosk.flow.commands import CheckCredential
from kiosk.flow.events import CredentialChecked, Event
from kiosk.model import Pass, Payload, Reason, Refer, WallTime
from kiosk.runtime.clock import RealClock
from kiosk.runtime.worker import InlineWorker, ThreadWorker
from kiosk.simulator.clock import VirtualClock
from tests.credentials import passes

PATIENCE_S = 30.0


class Inbox:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.is_full = False
        self.offers = 0

    def post(self, event: Event) -> bool:
        self.offers += 1
        if not self.is_full:
            self.events.append(event)
        return not self.is_full


def started_worker() -> tuple[InlineWorker, VirtualClock, Inbox]:
    clock, inbox = VirtualClock(100.0), Inbox()
    marks = Marks(clock, 0.0, 0.0)
    worker = InlineWorker(
        CredentialDuty(Registry([passes.scheme()]), lambda: passes.SURE, clock, inbox.post, marks),
        clock,
    )
    worker.start()
    clock.advance(1.0)
    return worker, clock, inbox


def test_a_credential_is_judged_and_the_answer_carries_visit_and_request() -> None:
    worker, clock, inbox = started_worker()
    assert worker.name == "credentials"
    worker.put(CheckCredential(7, 3, Payload(passes.text())))
    clock.advance(0.0)
    assert inbox.events == [CredentialChecked(101.0, 7, 3, Pass("staff"), "site_pass")]


def test_a_code_that_is_no_credential_is_answered_too() -> None:
    worker, clock, inbox = started_worker()
    worker.put(CheckCredential(7, 3, Payload(b"WIFI:S:office;;")))
    clock.advance(0.0)
    assert inbox.events == [CredentialChecked(101.0, 7, 3, Refer(Reason.NOT_A_CREDENTIAL), "")]


def test_an_answer_that_the_full_inbox_refused_is_delivered_later_and_once() -> None:
    worker, clock, inbox = started_worker()
    inbox.is_full = True
    worker.put(CheckCredential(7, 3, Payload(passes.text())))
    clock.advance(0.2)
    inbox.is_full = False
    clock.advance(5.0)
    assert inbox.events == [CredentialChecked(101.0, 7, 3, Pass("staff"), "site_pass")]


def test_a_refused_answer_is_dropped_after_two_seconds() -> None:
    worker, clock, inbox = started_worker()
    inbox.is_full = True
    worker.put(CheckCredential(7, 3, Payload(passes.text())))
    clock.advance(5.0)
    offers = inbox.offers
    inbox.is_full = False
    clock.advance(5.0)
    assert inbox.events == []
    assert inbox.offers == offers
    assert 30 <= offers <= 50


def test_a_newer_answer_replaces_a_refused_one() -> None:
    worker, clock, inbox = started_worker()
    inbox.is_full = True
    worker.put(CheckCredential(7, 3, Payload(passes.text())))
    clock.advance(0.0)
    worker.put(CheckCredential(8, 4, Payload(b"")))
    clock.advance(0.0)
    inbox.is_full = False
    clock.advance(1.0)
    assert [event.visit for event in inbox.events if isinstance(event, CredentialChecked)] == [8]


class SlowRegistry(Registry):
    """A registry whose judgements wait until the test lets them go on."""

    def __init__(self) -> None:
        super().__init__([passes.scheme()])
        self.asked: queue.Queue[Payload] = queue.Queue()
        self.may_answer = threading.Semaphore(0)

    def judge(self, payload: Payload, when: WallTime) -> Judgement:
        self.asked.put(payload)
        assert self.may_answer.acquire(timeout=PATIENCE_S)
        return super().judge(payload, when)


def test_questions_of_people_who_left_do_not_hold_up_the_next_visitor() -> None:
    registry, clock, inbox = SlowRegistry(), RealClock(), Inbox()
    marks = Marks(clock, 0.0, 0.0)
    worker = ThreadWorker(CredentialDuty(registry, lambda: passes.SURE, clock, inbox.post, marks), clock, pytest.fail)
    worker.start()
    worker.put(CheckCredential(1, 1, Payload(b"first")))
    assert registry.asked.get(timeout=PATIENCE_S).data == b"first"
    for visit in (2, 3, 4):
        worker.put(CheckCredential(visit, visit, Payload(str(visit).encode())))
    registry.may_answer.release()
    assert registry.asked.get(timeout=PATIENCE_S).data == b"4"
    registry.may_answer.release()
    assert worker.stop(PATIENCE_S)
    assert [event.visit for event in inbox.events if isinstance(event, CredentialChecked)] == [1, 4]


def test_a_stopped_worker_posts_nothing() -> None:
    worker, clock, inbox = started_worker()
    assert worker.stop(1.0)
    clock.advance(5.0)
    assert inbox.events == []
