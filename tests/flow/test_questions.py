"""The step QUESTIONS: asking, answering, and what a yes leads to."""

from dataclasses import replace

import pytest

from kiosk.flow import events as e
from kiosk.flow.handlers.asking import DEAF_S
from kiosk.flow.state import Outcome, Situation
from kiosk.journal.records import record_of
from kiosk.model import HealthQuestion, Phase, Reason, Refer, Step
from tests.flow.entrance import RULES, Entrance

ASKS = replace(RULES, sequence=(Step.QUESTIONS, Step.CREDENTIAL))


@pytest.fixture
def asked() -> Entrance:
    entrance = Entrance(ASKS).feed(*(e.DeviceRecovered(0.0, device) for device in ASKS.essential), e.PresenceSeen(10.0))
    assert entrance.situation is Situation.ASKING
    return entrance


def test_a_visitor_who_says_no_to_all_goes_on(asked: Entrance) -> None:
    asked.feed(*(e.AnswerGiven(at_s, yes=False) for at_s in (12.0, 14.0, 16.0)))
    assert asked.phase is Phase.SCANNING
    assert asked.visit.done == (Step.QUESTIONS,)


@pytest.mark.parametrize("number", [0, 2])
def test_a_yes_that_refers_ends_the_questions_with_one_reason_for_all(asked: Entrance, number: int) -> None:
    for answered in range(number):
        asked.feed(e.AnswerGiven(12.0 + 2 * answered, yes=False))
    before = asked.state
    event = e.AnswerGiven(20.0, yes=True)
    asked.feed(event)
    assert asked.situation is Situation.REFERRING
    assert asked.visit.verdict == Refer(Reason.ANSWERED_YES, "questions.refer")
    assert asked.visit.outcome is Outcome.REFERRED
    row = repr(record_of(before, event, asked.state))
    assert not any(question.value in row for question in HealthQuestion), "the row does not tell which question"


def test_a_yes_to_a_question_that_does_not_refer_goes_on(asked: Entrance) -> None:
    asked.feed(e.AnswerGiven(12.0, yes=False), e.AnswerGiven(14.0, yes=True))
    assert asked.situation is Situation.ASKING
    assert asked.visit.answered == 2


def test_a_hand_that_waves_back_answers_one_question_only(asked: Entrance) -> None:
    asked.feed(e.AnswerGiven(12.0, yes=False), e.AnswerGiven(12.0 + DEAF_S / 2, yes=True))
    assert (asked.situation, asked.visit.answered) == (Situation.ASKING, 1)


def test_each_question_has_its_own_time(asked: Entrance) -> None:
    asked.feed(e.AnswerGiven(29.0, yes=False))
    assert asked.state.deadline_s == 29.0 + ASKS.answer_s
    asked.time_is_up()
    assert asked.situation is Situation.REFERRING
    assert asked.visit.verdict == Refer(Reason.NOT_ANSWERED, "questions.answer_s")


def test_a_visitor_who_leaves_or_a_street_door_that_opens_ends_the_questions(asked: Entrance) -> None:
    asked.feed(e.AnswerGiven(12.0, yes=False), e.PresenceLost(14.0))
    assert asked.phase is Phase.IDLE
    asked.feed(e.PresenceSeen(20.0))
    assert (asked.situation, asked.visit.answered) == (Situation.ASKING, 0)


def test_an_answer_counts_only_while_a_question_is_asked() -> None:
    entrance = Entrance(RULES).feed(*(e.DeviceRecovered(0.0, device) for device in RULES.essential))
    before = entrance.state
    entrance.feed(e.AnswerGiven(5.0, yes=True))
    assert (entrance.situation, entrance.visit if entrance.state.visit else None) == (before.situation, None)


def test_somebody_whose_presence_flickers_after_a_visit_is_asked_again(asked: Entrance) -> None:
    asked.feed(*(e.AnswerGiven(at_s, yes=False) for at_s in (12.0, 14.0, 16.0)))
    asked.time_is_up()  # no code: a second try
    assert asked.situation is Situation.SECOND_TRY
    asked.feed(e.PresenceGap(80.0))
    assert asked.visit.done == ()
    assert asked.visit.answered == 0


def test_an_answer_is_not_printed() -> None:
    assert "True" not in repr(e.AnswerGiven(1.0, yes=True))
