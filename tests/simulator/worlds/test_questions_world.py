"""The referee judges a kiosk that asks questions, and accuses one that lets people in without their answers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kiosk.flow import machine
from kiosk.flow.events import AnswerGiven
from kiosk.flow.handlers import asking
from kiosk.flow.handlers.steps import finish_step
from kiosk.flow.rules import Rules
from kiosk.flow.state import Situation, State
from kiosk.flow.transitions import Transition
from kiosk.model import Step
from kiosk.simulator.worlds.play import play
from kiosk.simulator.worlds.report import WorldReport
from kiosk.simulator.worlds.story import Story, StoryPerson

SITE: dict[str, Any] = {
    "sequence": ["questions", "credential"],
    "inputs": {"yes": {"pin": 14}, "no": {"pin": 15}},
}
WELL = StoryPerson("A", carries=("pass of A",), arrives_s=1.0)
ILL = StoryPerson("B", skin_c=36.8, carries=("pass of B",), arrives_s=30.0)


def played(folder: Path) -> WorldReport:
    return play(Story("questions", SITE, (WELL, ILL), (), 120.0, 1), folder)


def test_a_visitor_who_is_well_goes_in_and_one_who_says_yes_does_not(tmp_path: Path) -> None:
    report = played(tmp_path)
    assert (list(report.broken), report.admissions, report.entered) == ([], 1, 1)


def asks_once(state: State, event: AnswerGiven, rules: Rules) -> Transition:
    """The first answer ends the step."""
    return finish_step(state, Step.QUESTIONS, event.at_s, rules)


def ignores_answers(state: State, event: AnswerGiven, rules: Rules) -> Transition:
    """A yes counts like a no."""
    return asking.answered(state, replace(event, yes=False), rules)


@pytest.mark.parametrize("bug", [asks_once, ignores_answers])
def test_a_kiosk_that_does_not_listen_is_accused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: Callable[[State, AnswerGiven, Rules], Transition]
) -> None:
    monkeypatch.setitem(machine.TABLE, (Situation.ASKING, AnswerGiven), bug)
    assert "unlocked only after every step" in {broken.promise for broken in played(tmp_path).broken}
