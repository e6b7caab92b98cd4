import logging
from itertools import pairwise

import pytest

from kiosk.credentials.check_in.duty import DOUBT_S
from kiosk.credentials.check_in.venue_server import Endpoint
from kiosk.flow.events import CheckInAnswered, CheckInScanned, CheckInShown
from kiosk.model import Pass, Reason, Refer
from kiosk.simulator.services.desk_link import DeskRequest
from kiosk.simulator.services.venue_desk import DeskFault
from kiosk.support.https.outcome import RequestFailure

from .entrance import Gate


def kinds(gate: Gate) -> list[str]:
    return [type(event).__name__ for event in gate.events]


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        ("green", Pass("green")),
        ("black", Refer(Reason.STATUS_DENIED, "black")),
        ("declined", Refer(Reason.NOT_A_CREDENTIAL, "declined")),
        ("purple", Refer(Reason.STATUS_UNKNOWN, "unlisted_status")),
    ],
)
def test_the_result_of_the_visitor_who_scans_the_code_gives_the_verdict_of_the_settings(
    word: str, verdict: Pass | Refer
) -> None:
    gate = Gate()
    gate.offer(3, 9)
    assert gate.desk.open_code(gate.code)
    gate.run(0.2)
    assert gate.desk.decide(gate.events[0].code, word)  # type: ignore[union-attr]
    gate.run(0.2)
    assert kinds(gate) == ["CheckInShown", "CheckInScanned", "CheckInAnswered"]
    (answer,) = gate.answers
    assert (answer.visit, answer.request, answer.verdict) == (3, 9, verdict)
    assert gate.duty.tick() is None


def test_a_result_is_heard_within_a_look_and_the_server_is_asked_once_while_it_holds_the_request() -> None:
    gate = Gate(wait_s=10)
    gate.offer()
    gate.run(15.0)
    assert gate.desk.open_code(gate.code)
    asked_at_s = gate.clock.now_s()
    gate.run(0.1)
    assert isinstance(gate.events[-1], CheckInScanned)
    assert gate.events[-1].at_s - asked_at_s <= 0.1


def test_a_server_that_cannot_hold_requests_is_asked_each_second() -> None:
    gate = Gate(wait_s=0)
    gate.offer()
    code = gate.code
    gate.desk.open_code(code)
    gate.run(1.1)
    gate.desk.decide(code, "green")
    gate.run(1.1)
    assert gate.admits


def test_a_code_is_renewed_before_it_ends_and_the_old_one_cannot_be_used_any_more() -> None:
    gate = Gate(valid_s=60.0, renew_s=10.0)
    gate.offer()
    first = gate.code
    gate.run(49.0)
    assert gate.code == first
    gate.run(1.5)
    assert gate.code != first
    assert "" not in [event.code for event in gate.events if isinstance(event, CheckInShown)], "never without a code"
    assert not gate.desk.open_code(first)
    assert gate.desk.open_code(gate.code)


def test_a_code_with_a_short_life_is_renewed_at_half_of_it() -> None:
    gate = Gate(valid_s=10.0, renew_s=60.0)
    gate.offer()
    first = gate.code
    gate.run(4.7)
    assert gate.code == first
    gate.run(0.5)
    assert gate.code not in ("", first)


def test_a_code_that_a_phone_opened_is_not_renewed_and_has_time_for_the_decision() -> None:
    gate = Gate(valid_s=60.0, agree_s=30.0)
    gate.offer()
    first = gate.code
    gate.run(45.0)
    gate.desk.open_code(first)
    gate.run(29.0)
    assert kinds(gate) == ["CheckInShown", "CheckInScanned"]
    gate.desk.decide(first, "green")
    gate.run(0.2)
    assert gate.admits


def test_a_decision_after_its_time_counts_for_nothing_and_a_new_code_is_shown() -> None:
    gate = Gate(valid_s=60.0, agree_s=30.0)
    gate.offer()
    first = gate.code
    gate.desk.open_code(first)
    gate.run(31.0)
    assert not gate.desk.decide(first, "green"), "the kiosk withdrew it"
    assert gate.code not in ("", first)
    assert not gate.answers


def test_while_a_phone_opens_the_old_code_the_new_one_does_not_replace_it() -> None:
    gate = Gate(valid_s=60.0, renew_s=10.0)
    gate.offer()
    first = gate.code
    gate.run(49.5)
    gate.link.late_s = 2.0
    gate.run(0.8)  # the next code is asked for and on its way
    gate.link.late_s = 0.0
    gate.desk.open_code(first)
    gate.run(5.0)
    gate.desk.decide(first, "green")
    gate.run(5.0)
    assert [event.code for event in gate.events if isinstance(event, CheckInShown)] == [first]
    assert gate.admits


@pytest.mark.parametrize("wait_s", [0, 4, 10])
def test_the_code_of_a_server_that_vanished_is_hidden_soon_after_the_time_for_its_answer(wait_s: int) -> None:
    gate = Gate(wait_s=wait_s, request_timeout_s=2.5)
    gate.offer()
    gate.run(20.0)
    shown = gate.code
    assert shown
    gate.link.late_s = float("inf")
    gate.run(max(wait_s, 1.0) + 2.5 + DOUBT_S + 0.5)
    assert gate.code == ""
    gate.link.late_s = 0.0
    gate.run(20.0)
    assert gate.code not in ("", shown), "the server is back"


def test_the_end_of_the_visit_withdraws_the_code_and_nothing_is_posted_any_more() -> None:
    gate = Gate()
    gate.offer()
    code, posted = gate.code, len(gate.events)
    gate.desk.open_code(code)
    gate.stop()
    assert not gate.desk.decide(code, "green")
    gate.run(60.0)
    assert len(gate.events) == posted
    assert gate.duty.tick() is None


def test_a_new_visit_gets_a_code_of_its_own_and_the_old_one_counts_for_nobody() -> None:
    gate = Gate()
    gate.offer(1, 1)
    first = gate.code
    gate.offer(2, 2)
    assert gate.code != first
    assert not gate.desk.open_code(first)
    assert (gate.events[-1].visit, gate.events[-1].request) == (2, 2)  # type: ignore[union-attr]


def test_a_visit_that_ends_before_its_code_came_gets_none() -> None:
    gate = Gate()
    gate.link.late_s = 5.0
    gate.offer()
    gate.stop()
    gate.run(10.0)
    assert gate.events == []


def test_a_withdrawal_without_an_answer_does_not_delay_the_next_one() -> None:
    gate = Gate()
    gate.offer(1, 1)
    gate.link.late_s = 5.0
    gate.stop()
    gate.link.late_s = 0.0
    gate.offer(2, 2)
    second = gate.code
    assert second
    gate.stop()
    gate.run(1.0)
    assert not gate.desk.open_code(second)


def test_closing_withdraws_the_code() -> None:
    gate = Gate()
    gate.offer()
    gate.duty.close()
    gate.run(0.2)
    assert gate.duty.tick() is None


def test_closing_without_a_code_does_nothing() -> None:
    gate = Gate()
    gate.duty.close()
    assert gate.duty.tick() is None
    assert gate.events == []


@pytest.mark.parametrize("failure", list(RequestFailure))
def test_without_the_server_there_is_no_code_no_verdict_and_a_fault_and_it_comes_back(failure: RequestFailure) -> None:
    gate = Gate()
    gate.link.failure = failure
    gate.offer()
    gate.run(10.0)
    assert gate.events == []
    assert gate.reports == [False]
    gate.link.failure = None
    gate.run(16.0)
    assert gate.code
    assert gate.reports == [False, True]


@pytest.mark.parametrize("failure", list(RequestFailure))
def test_a_server_that_fails_takes_its_code_from_the_screen_within_a_second(failure: RequestFailure) -> None:
    gate = Gate()
    gate.offer()
    gate.link.failure = failure
    gate.run(1.0)
    assert gate.code == ""
    assert not gate.answers


def test_a_held_request_that_is_cut_once_keeps_the_code() -> None:
    gate = Gate()
    gate.offer()
    code = gate.code
    gate.link.failure = RequestFailure.BROKEN_OFF
    gate.duty.tick()
    gate.link.failure = None
    gate.run(2.0)
    assert gate.code == code
    gate.desk.open_code(code)
    gate.run(0.2)
    gate.desk.decide(code, "green")
    gate.run(1.2)
    assert gate.admits


def test_the_pauses_between_failures_grow_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    asked: list[float] = []
    begin = gate.link.begin

    def begin_and_note(endpoint: Endpoint, body: bytes, limit_s: float) -> DeskRequest:
        asked.append(gate.clock.now_s())
        return begin(endpoint, body, limit_s)

    monkeypatch.setattr(gate.link, "begin", begin_and_note)
    gate.link.failure = RequestFailure.UNREACHABLE
    gate.offer()
    gate.run(60.0)
    pauses = [round(later - earlier) for earlier, later in pairwise(asked)]
    assert pauses == [1, 2, 4, 8, 15, 15]


@pytest.mark.parametrize("fault", [fault for fault in DeskFault if fault is not DeskFault.NONE])
def test_an_answer_that_is_not_bound_to_this_code_counts_for_nothing(fault: DeskFault) -> None:
    gate = Gate()
    gate.offer(1, 1)
    before = gate.code
    gate.desk.open_code(before)
    gate.run(0.2)
    gate.desk.decide(before, "green")
    gate.run(0.2)
    assert gate.admits
    gate.events.clear()
    gate.desk.fault = fault
    gate.offer(2, 2)
    gate.run(20.0)
    assert gate.answers == []
    codes = [event.code for event in gate.events if isinstance(event, CheckInShown)]
    assert set(codes[1::2]) == {""}, "each code is hidden when its answer is wrong"
    gate.desk.fault = DeskFault.NONE
    gate.run(16.0)
    assert gate.code


def test_an_id_that_was_used_before_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    issue, first = gate.desk.issue, dict[str, str]()

    def issue_again(asked: dict[str, str]) -> dict[str, str]:
        answer = issue(asked)
        return answer | {"id": first.setdefault("id", answer["id"])}

    monkeypatch.setattr(gate.desk, "issue", issue_again)
    gate.offer(1, 1)
    assert gate.code
    gate.stop()
    gate.events.clear()
    gate.offer(2, 2)
    gate.run(2.0)
    assert gate.code == ""


def test_only_the_newest_event_that_a_full_inbox_refused_is_offered_again() -> None:
    gate = Gate()
    gate.inbox_full = True
    gate.offer()
    gate.run(1.0)
    assert gate.events == []
    gate.inbox_full = False
    gate.run(0.1)
    assert kinds(gate) == ["CheckInShown"]
    code = gate.code
    gate.inbox_full = True
    gate.desk.open_code(code)
    gate.run(0.2)
    gate.desk.decide(code, "green")
    gate.run(1.0)
    gate.inbox_full = False
    gate.run(0.1)
    assert kinds(gate) == ["CheckInShown", "CheckInAnswered"]


def test_a_result_that_the_inbox_refused_is_dropped_at_the_end_of_the_visit() -> None:
    gate = Gate()
    gate.offer()
    code = gate.code
    gate.inbox_full = True
    gate.desk.open_code(code)
    gate.run(0.2)
    gate.desk.decide(code, "green")
    gate.run(0.2)
    gate.stop()
    gate.inbox_full = False
    gate.run(1.0)
    assert not any(isinstance(event, CheckInAnswered) for event in gate.events)


def test_the_log_names_each_kind_of_failure_once_and_no_code(caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    with caplog.at_level(logging.DEBUG):
        gate.link.failure = RequestFailure.UNREACHABLE
        gate.offer()
        gate.run(20.0)
        gate.link.failure = None
        gate.run(16.0)
    assert [record.getMessage().partition(";")[0] for record in caplog.records] == [
        "the check-in server gives no usable answer: unreachable",
        "the check-in server answers again",
    ]
    assert gate.code not in caplog.text


def test_a_server_whose_codes_are_good_and_whose_results_are_not_is_reported_once_and_asked_ever_more_rarely(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gate = Gate()
    gate.desk.fault = DeskFault.UNBOUND
    gate.offer()
    gate.run(120.0)
    assert gate.reports == [False]
    assert len(caplog.records) == 1
    assert sum(isinstance(event, CheckInShown) and event.code != "" for event in gate.events) < 15
    gate.desk.fault = DeskFault.NONE
    gate.run(40.0)
    assert gate.reports == [False, True]
