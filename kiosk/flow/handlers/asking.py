"""The step QUESTIONS: the visitor answers yes or no without touching anything.

Rule 1: no answer is kept: the visit counts how many questions were answered, and a referral has one reason for all.
Rule 2: a visitor who does not answer in time is referred to a person, who can ask.
"""

from dataclasses import replace

from kiosk.flow.events import AnswerGiven, DeadlinePassed
from kiosk.flow.handlers.steps import ask_question, finish_step
from kiosk.flow.questions import visit_of
from kiosk.flow.rules import Rules
from kiosk.flow.state import State
from kiosk.flow.transitions import Transition, refer
from kiosk.model import Reason, Refer, Step

DEAF_S = 1.0
"""An answer sooner than this after its question belongs to the question before: a waving hand is seen twice."""


def answered(state: State, event: AnswerGiven, rules: Rules) -> Transition:
    """The visitor answered the question on the screen: refer the visitor, ask the next one, or end the step."""
    if event.at_s < state.since_s + DEAF_S:
        return state, ()
    visit = visit_of(state)
    if event.yes and rules.questions[visit.answered] in rules.refer_yes:
        return refer(state, Refer(Reason.ANSWERED_YES, "questions.refer"), event.at_s, rules)
    state = replace(state, visit=replace(visit, answered=visit.answered + 1))
    if visit.answered + 1 < len(rules.questions):
        return ask_question(state, event.at_s, rules)
    return finish_step(state, Step.QUESTIONS, event.at_s, rules)


def not_answered(state: State, event: DeadlinePassed, rules: Rules) -> Transition:
    """The visitor did not answer in time."""
    return refer(state, Refer(Reason.NOT_ANSWERED, "questions.answer_s"), event.at_s, rules)
