"""The judges of codes, fever and doors accuse a kiosk that is broken on purpose, and no other."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kiosk.flow import door_observations, observations, passages, transitions
from kiosk.flow.state import State
from kiosk.hardware.airlock import Airlock
from kiosk.model import Phase
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.worlds.bodies import Body
from kiosk.simulator.worlds.booth import settings_of
from kiosk.simulator.worlds.codes import write_public_key
from kiosk.simulator.worlds.judges.blindness import Blindness, blindness_of
from kiosk.simulator.worlds.judges.fever_judge import FeverJudge
from kiosk.simulator.worlds.judges.journal_rows import JournalRows
from kiosk.simulator.worlds.play import play
from kiosk.simulator.worlds.stay import Stay
from kiosk.simulator.worlds.story import Story, StoryLine, StoryPerson

A = StoryPerson("A", behaves="scripted")
FEVER_C, HEALTHY_C = 37.4, 34.7


def does(at_s: float, word: str, name: str = "A", verb: str = "does", for_s: float | None = None) -> StoryLine:
    return StoryLine("body", name, verb, word, at_s, "", for_s)


def told(*lines: StoryLine, lasts_s: float = 60.0, people: tuple[StoryPerson, ...] = (A,), **site: Any) -> Story:
    return Story("test", {"sequence": ["credential"], **site}, people, lines, lasts_s)


def broken(story: Story) -> set[str]:
    return {one.promise for one in play(story).broken}


FORCED = told(StoryLine("door", "building", "is", "forced_open", 10.0, "", 6.0), lasts_s=20.0)
HELD = told(
    does(5.0, "steps_in"),
    does(8.0, "pass of A", verb="shows"),
    does(9.0, "goes_in"),
    does(9.6, "building", verb="holds", for_s=40.0),
)


def without_fault(monkeypatch: pytest.MonkeyPatch, ignored: str) -> None:
    real = transitions.with_fault

    def with_fault(state: State, device: str, fault: str) -> State:
        return state if fault == ignored else real(state, device, fault)

    monkeypatch.setattr("kiosk.flow.door_observations.with_fault", with_fault)


def without(state: State, device: str) -> State:
    return replace(state, faults=tuple(fault for fault in state.faults if fault[0] != device))


@pytest.mark.parametrize(
    ("story", "fault", "promise"),
    [
        (FORCED, "door_forced", "a forced door is reported"),
        (HELD, "door_held_open", "a door that is held open is reported"),
    ],
    ids=["forced", "held open"],
)
def test_a_kiosk_that_reports_no_open_door_is_accused(
    story: Story, fault: str, promise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert broken(story) == set()
    without_fault(monkeypatch, fault)
    assert broken(story) == {promise}


AIRLOCK: dict[str, Any] = {
    "street_door": {"relay_pin": 8, "open_alarm_s": 10.0},
    "inputs": {"street_exit": {"pin": 22}},
}
FORCED_STREET = told(
    does(2.0, "steps_in"),
    StoryLine("door", "street", "is", "forced_open", 12.0, "", 1.0),
    lasts_s=25.0,
    **AIRLOCK,
)
HELD_STREET = told(does(2.0, "steps_in"), does(2.4, "street", verb="holds", for_s=25.0), lasts_s=30.0, **AIRLOCK)


@pytest.mark.parametrize(
    ("story", "fault", "promise"),
    [
        (FORCED_STREET, "street_door_forced", "a forced door is reported"),
        (HELD_STREET, "street_door_held_open", "a door that is held open is reported"),
    ],
    ids=["forced", "held open"],
)
def test_a_kiosk_that_reports_no_open_street_door_is_accused(
    story: Story, fault: str, promise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert broken(story) == set()
    without_fault(monkeypatch, fault)
    assert broken(story) == {promise}


BOTH_OPEN = told(
    StoryLine("body", "A", "does", "steps_in", 1.0),
    StoryLine("door", "building", "is", "forced_open", 10.0, "", 12.0),
    StoryLine("body", "A", "does", "steps_out", 14.0),
    lasts_s=30.0,
    **AIRLOCK,
)


def test_a_kiosk_that_tells_no_two_open_doors_of_an_airlock_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert broken(BOTH_OPEN) == set()
    without_fault(monkeypatch, "both_doors_open")
    assert broken(BOTH_OPEN) == {"two open doors are told"}


def test_a_kiosk_that_tells_two_open_doors_without_a_cause_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    real = transitions.with_fault

    def with_fault(state: State, device: str, fault: str) -> State:
        return real(real(state, device, fault), "airlock", "both_doors_open")

    monkeypatch.setattr("kiosk.flow.door_observations.with_fault", with_fault)
    assert broken(FORCED_STREET) == {"no alarm without a cause"}


def test_an_airlock_that_does_not_lock_the_street_door_beside_an_open_building_door_is_accused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Airlock, "_building_is_shut", lambda _airlock, _now_s: True)
    assert broken(replace(BOTH_OPEN, lines=BOTH_OPEN.lines[1:2])) == {"an open door keeps the other one locked"}


def test_the_doors_of_an_airlock_are_judged_from_the_start_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start of the kiosk is no use of the exit."""
    monkeypatch.setattr(Airlock, "_building_is_shut", lambda _airlock, _now_s: True)
    killed = StoryLine("process", "", "is", "killed", 7.0, "", 2.0)
    story = replace(BOTH_OPEN, lines=(killed, BOTH_OPEN.lines[1]), lasts_s=12.0)
    assert broken(story) == {"an open door keeps the other one locked"}


def test_an_alarm_that_ends_before_the_officer_acknowledges_it_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    story = replace(FORCED, lasts_s=40.0)
    real = door_observations.door_closed
    monkeypatch.setattr(observations, "door_closed", lambda state, event: without(real(state, event), "lock"))
    assert broken(story) == {"an alarm stands until the officer acknowledges it"}
    presses = StoryLine("officer", "", "does", "presses", 14.0)
    assert broken(replace(story, lines=(*story.lines, presses))) == set()


OPEN_AT_THE_START = told(
    does(2.0, "steps_in"),
    does(4.0, "pass of A", verb="shows"),
    does(5.0, "goes_in"),
    does(5.5, "building", verb="holds", for_s=25.0),
    StoryLine("power", "", "is", "cut", 8.0, "", 2.0),
    does(20.0, "steps_in", "B"),
    does(23.0, "goes_in", "B"),
    people=(A, replace(A, name="B")),
)


SHOWS = does(22.0, "pass of B", "B", verb="shows")
UNCOUNTED = {"the journal counts the bodies that went through"}


@pytest.mark.parametrize(
    ("lines", "accused"),
    [((), set()), ((SHOWS,), UNCOUNTED), ((does(15.0, "building", verb="lets_go"), SHOWS), UNCOUNTED)],
    ids=["without an admission", "on an admission", "after the door was shut"],
)
def test_a_kiosk_that_counts_nobody_after_its_start_is_accused(
    monkeypatch: pytest.MonkeyPatch, lines: tuple[StoryLine, ...], accused: set[str]
) -> None:
    """While the door stands open since the start, a body without an admission may be one that comes out."""
    story = replace(OPEN_AT_THE_START, lines=(*OPEN_AT_THE_START.lines, *lines))
    assert broken(story) == set()
    started_s = VirtualClock().now_s() + 10.0
    monkeypatch.setattr(passages, "is_exit", lambda _state, event: event.at_s > started_s)
    assert broken(story) == accused


FOLLOWED = told(
    does(1.0, "steps_in"),
    does(1.1, "steps_in", "B"),
    does(5.0, "pass of A", verb="shows"),
    does(7.0, "goes_in"),
    does(8.0, "goes_in", "B"),
    people=(A, replace(A, name="B")),
)


def test_an_alarm_of_a_second_body_that_ends_with_the_next_visit_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    story = replace(FOLLOWED, people=(*FOLLOWED.people, StoryPerson("C", carries=("pass of C",), arrives_s=15.0)))
    assert broken(story) == set()
    real = transitions.admit

    def admit(state: State, *rest: Any) -> transitions.Transition:
        return real(without(state, "passage"), *rest)

    monkeypatch.setattr("kiosk.flow.handlers.steps.admit", admit)
    assert broken(story) == {"an alarm stands until the officer acknowledges it"}


def test_the_officer_acknowledges_an_alarm_only_while_nobody_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """A press during a visit admits, and the alarm of a second body stands; a kiosk that ends it then is accused."""
    visit = (does(20.0, "steps_in", "C"), StoryLine("officer", "", "does", "presses", 30.0), does(31.0, "goes_in", "C"))
    story = replace(FOLLOWED, people=(*FOLLOWED.people, replace(A, name="C")), lines=(*FOLLOWED.lines, *visit))
    assert broken(story) == set()
    monkeypatch.setattr("kiosk.flow.handlers.interrupts.RESTING", frozenset(Phase) - {Phase.ADMITTING})
    assert broken(story) == {"an alarm stands until the officer acknowledges it"}


EMERGENCY = StoryLine("emergency", "", "is", "raised", 5.0, "", 6.0)
STOP = StoryLine("officer", "", "does", "stops", 5.0)


@pytest.mark.parametrize("before", [EMERGENCY, STOP, FORCED.lines[0]], ids=["emergency", "stop", "alarm"])
@pytest.mark.parametrize("apart_s", [0.5, 1.5, 2.2])
def test_a_kiosk_that_a_double_press_opens_is_accused(
    before: StoryLine, apart_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    presses = [StoryLine("officer", "", "does", "presses", at_s) for at_s in (20.0, 20.0 + apart_s)]
    story = told(before, *presses, lasts_s=30.0)
    report = play(story)
    assert (report.broken, report.admissions) == ([], 1 if apart_s > 2.0 else 0)
    monkeypatch.setattr("kiosk.flow.handlers.interrupts.SECOND_PRESS_S", 0.0)
    assert broken(story) == ({"a double press of the officer opens nothing"} if apart_s < 2.0 else set())


def test_an_alarm_that_nothing_explains_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_observations, "DOOR_MAY_OPEN", frozenset())
    assert broken(HELD) == {"no alarm without a cause"}


def test_a_fact_about_the_door_that_no_kiosk_can_know_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    without_fault(monkeypatch, "door_forced")
    no_contact = {"sprayer": None, "chamber": None, "inputs": {"door_contact": None, "skip": None}}
    assert broken(replace(FORCED, site={**FORCED.site, **no_contact})) == set()
    assert broken(replace(FORCED, site={**FORCED.site, "door": {"report_forced": False}})) == set()
    early = replace(FORCED.lines[0], at_s=0.1)
    assert broken(replace(FORCED, lines=(early,))) == set(), "the kiosk starts"
    lies = StoryLine("sensor", "door_contact", "reads", "closed", 9.0, "", 3.0)
    assert broken(replace(FORCED, lines=(lies, *FORCED.lines))) == set()
    asks = does(8.0, "exit", verb="presses")
    assert broken(replace(FORCED, lines=(asks, *FORCED.lines))) == set(), "somebody asked to come out"


def fever_and_back(remember_s: float) -> Story:
    """A is sent away for fever after showing a pass; B comes with the pass of A."""
    ill = replace(A, skin_c=FEVER_C)
    lines = (
        does(3.0, "steps_in"),
        does(5.0, "pass of A", verb="shows"),
        does(6.0, "faces"),
        does(45.0, "steps_out"),
        does(50.0, "steps_in", "B"),
        does(52.0, "pass of A", "B", verb="shows"),
        does(53.0, "faces", "B"),
        StoryLine("body", "B", "does", "goes_in", 0.5, "admitting"),
    )
    site = {"sequence": ["credential", "temperature"], "temperature": {"remember_s": remember_s}}
    return told(*lines, lasts_s=90.0, people=(ill, replace(A, name="B")), **site)


@pytest.mark.parametrize(("remember_s", "entered"), [(0.0, 1), (10.0, 1), (600.0, 0)])
def test_a_credential_of_somebody_with_fever_is_refused_for_as_long_as_the_site_says(
    remember_s: float, entered: int
) -> None:
    report = play(fever_and_back(remember_s))
    assert (report.broken, report.entered) == ([], entered)


def test_a_kiosk_that_forgets_a_fever_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.credentials.judging.marks.Marks.remember_fever", lambda *_: None)
    assert "a remembered fever is not admitted" in broken(fever_and_back(600.0))


def test_without_a_passage_sensor_a_credential_is_used_when_the_door_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (
        does(3.0, "steps_in"),
        does(5.0, "pass of A", verb="shows"),
        does(6.0, "goes_in"),
        does(12.0, "steps_in", "B"),
        does(15.0, "pass of A", "B", verb="shows"),
    )
    story = told(*lines, lasts_s=25.0, people=(A, replace(A, name="B")), inputs={"passage": None})
    assert broken(story) == set()
    monkeypatch.setattr("kiosk.credentials.judging.marks.Marks.use_up", lambda *_: None)
    assert "a used credential admits nobody again too soon" in broken(story)


def fever_judge(tmp_path: Any, rule: str, *, doubtful: bool = False) -> FeverJudge:
    write_public_key(tmp_path)
    settings = settings_of({"temperature": {"rule": rule}}, tmp_path)
    return FeverJudge(settings, Stay(VirtualClock().now_s()), doubtful=doubtful)


def body(number: int, skin_c: float) -> Body:
    return Body(f"P{number}", skin_c)


def test_the_limit_of_the_relative_rule_follows_the_bodies_that_came(tmp_path: Any) -> None:
    judge, fixed = fever_judge(tmp_path, "relative"), fever_judge(tmp_path, "fixed")
    for number in range(40):
        assert judge.faced(body(number, 34.0)), "the crowd is healthy"
        assert fixed.faced(body(number, 34.0))
    assert judge.faced(body(50, 34.8)), "above the limit, but within the noise"
    assert not judge.faced(body(51, 35.0)), "a degree above the median"
    assert fixed.faced(body(51, 35.0))
    judge.kiosk_is_down()
    assert judge.faced(body(52, 35.0)), "with too few people the fixed limit holds"


def test_while_either_limit_may_hold_neither_judgement_is_wrong(tmp_path: Any) -> None:
    judge = fever_judge(tmp_path, "relative", doubtful=True)
    for number in range(40):
        judge.faced(body(number, 34.0))
    between = body(50, 35.0)
    assert judge.faced(between)
    assert not judge.was_healthy(between)
    assert not judge.faced(body(51, 36.0))
    assert judge.was_healthy(body(52, 33.9)), "never measured, and below both limits"


def test_faults_of_a_story_blind_the_judges_who_need_the_part() -> None:
    assert blindness_of([does(1.0, "steps_in")]) == Blindness()
    card = StoryLine("card", "", "is", "stalled", 1.0, "", 2.0)
    assert blindness_of([card]) == Blindness(passages=True, doors=True, street_door=True, card=True)
    assert blindness_of([StoryLine("wire", "passage", "is", "cut", 1.0)]) == Blindness(passages=True)
    assert blindness_of([StoryLine("thermometer", "", "is", "silent", 1.0)]) == Blindness(thermometer=True)
    assert blindness_of([StoryLine("credentials", "", "late_s", 2.0, 1.0)]) == Blindness(checks_late_s=2.0)


def test_the_alarm_of_one_door_is_not_taken_for_that_of_the_other(tmp_path: Path) -> None:
    """The name `street_door_held_open` contains the name `door_held_open`."""
    file = tmp_path / "journal.db"
    with closing(sqlite3.connect(file)) as journal, journal:
        journal.execute("CREATE TABLE journal (id INTEGER PRIMARY KEY, kind TEXT, reason TEXT)")
        rows = [("fault_raised", "door_held_open+passage_unadmitted"), ("fault_cleared", "street_door_held_open")]
        journal.executemany("INSERT INTO journal (kind, reason) VALUES (?, ?)", rows)
    faults = ("door_held_open", "passage_unadmitted", "street_door_held_open", "held_open")
    assert [JournalRows(file).fault_stands(fault) for fault in faults] == [True, True, False, False]
