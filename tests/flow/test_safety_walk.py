"""The safety rules of the design (section 5, numbers 2 to 4) over every reachable state and every event."""

from collections.abc import Iterator
from itertools import permutations

import pytest

from kiosk.flow import commands as c
from kiosk.flow import events as e
from kiosk.flow.reachability import REQUEST, VISIT, Move, walk
from kiosk.flow.rules import Rules
from kiosk.flow.state import State
from kiosk.model import ChamberWhen, Pass, Phase, SkipRule, Step

WAITING = {
    Phase.DISINFECTING,
    Phase.MEASURING,
    Phase.SCANNING,
    Phase.CHECKING,
    Phase.ADMITTING,
    Phase.REFERRING,
}
UNLOCKED = {Phase.ADMITTING, Phase.EMERGENCY}
ESSENTIAL = frozenset({"thermometer"})


def sites() -> Iterator[Rules]:
    for when in ChamberWhen:
        yield Rules(essential=ESSENTIAL, chamber_when=when)
        yield Rules(essential=ESSENTIAL, chamber_when=when, skip=SkipRule.CONTINUE, unreliable_attempts=1)
    yield Rules(essential=ESSENTIAL, sequence=(Step.CREDENTIAL,), has_presence=False)
    for sequence in permutations(Step, 2):
        yield Rules(essential=ESSENTIAL, sequence=sequence, unreliable_attempts=1)


def judge(move: Move, rules: Rules) -> None:
    before, event, after, commands = move
    kinds = {type(command) for command in commands}
    assert_door(before, event, after, kinds, rules)
    assert_sprayer(before, event, after, kinds, rules)
    assert_emergency(before, event, after, kinds)
    assert_steps(before, event, after, rules)
    assert (after.phase in WAITING) <= (after.deadline_s is not None)
    if is_late(event):
        assert after == before
        assert commands == ()


def assert_door(before: State, event: e.Event, after: State, kinds: set[type], rules: Rules) -> None:
    if c.UnlockDoor in kinds:
        assert after.phase is Phase.ADMITTING
        assert after.visit is not None
        all_done = set(rules.visitor_steps) <= set(after.visit.done)
        assert isinstance(event, e.OfficerPressed) or all_done
        assert not before.emergency_input
    if c.ReleaseDoor in kinds:
        assert isinstance(event, e.EmergencyRaised | e.EmergencyStands)
    if before.phase in UNLOCKED and after.phase not in UNLOCKED:
        assert c.LockDoor in kinds
    if after.phase is Phase.ADMITTING and before.phase is not Phase.ADMITTING:
        assert c.UnlockDoor in kinds


def assert_sprayer(before: State, event: e.Event, after: State, kinds: set[type], rules: Rules) -> None:
    if after.spraying:
        assert after.phase is Phase.DISINFECTING
        assert not after.open_doors
        assert not after.emergency_input
        assert after.present is (rules.chamber_when is ChamberWhen.OCCUPIED)
        assert (after.visit is not None) is (rules.chamber_when is ChamberWhen.OCCUPIED)
    if after.running:
        assert after.spraying
        assert before.running or isinstance(event, e.SprayStarted)
    if c.StartSpray in kinds:
        assert not after.running
        assert after.spraying
        if rules.chamber_when is ChamberWhen.OCCUPIED:
            assert before.warning
            assert isinstance(event, e.DeadlinePassed)
    if after.warning:
        assert after.phase is Phase.DISINFECTING
        assert not after.open_doors
    if before.spraying and not after.spraying:
        assert c.StopSpray in kinds


def assert_emergency(before: State, event: e.Event, after: State, kinds: set[type]) -> None:
    if isinstance(event, e.EmergencyRaised):
        assert after.phase is Phase.EMERGENCY
        assert before.phase is Phase.EMERGENCY or {c.ReleaseDoor, c.StopSpray} <= kinds
    if before.phase is Phase.EMERGENCY and after.phase is not Phase.EMERGENCY:
        assert isinstance(event, e.OfficerPressed)
        assert not before.emergency_input
    if after.phase is not Phase.EMERGENCY:
        assert not after.emergency_input


def assert_steps(before: State, event: e.Event, after: State, rules: Rules) -> None:
    had = set(before.visit.done) if before.visit else set()
    has = set(after.visit.done) if after.visit else had
    for step in has - had:
        match step:
            case Step.DISINFECT:
                skipped = after.visit is not None and after.visit.skipped and rules.skip is SkipRule.CONTINUE
                assert skipped or (isinstance(event, e.DeadlinePassed) and before.running)
            case Step.TEMPERATURE:
                assert isinstance(event, e.TemperatureRead)
                assert rules.low_c <= event.body_c < rules.high_c
            case Step.CREDENTIAL:
                assert isinstance(event, e.CredentialChecked)
                assert isinstance(event.verdict, Pass)


def is_late(event: e.Event) -> bool:
    if isinstance(event, e.TemperatureRead | e.TemperatureUnsettled | e.CredentialChecked):
        return (event.visit, event.request) != (VISIT, REQUEST)
    return False


@pytest.mark.parametrize(
    "rules", list(sites()), ids=lambda r: f"{r.chamber_when.value}-{len(r.sequence)}-{r.skip.value}"
)
def test_no_state_and_no_event_breaks_a_safety_rule(rules: Rules) -> None:
    phases = set()
    for move in walk(rules):
        judge(move, rules)
        phases.add(move[2].phase)
    reachable = set(Phase)
    if Step.TEMPERATURE not in rules.sequence:
        reachable -= {Phase.MEASURING}
    if Step.CREDENTIAL not in rules.sequence:
        reachable -= {Phase.SCANNING, Phase.CHECKING}
    if Step.DISINFECT not in rules.sequence:
        reachable -= {Phase.DISINFECTING}
    assert phases == reachable


def test_a_door_unlocked_without_every_step_would_be_caught() -> None:
    rules = Rules(essential=ESSENTIAL)
    moves = walk(rules)
    before, _, after, commands = next(m for m in moves if c.UnlockDoor(rules.hold_s) in m[3] and not m[0].visit)
    with pytest.raises(AssertionError):
        judge((before, e.PassageSeen(0.5), after, commands), rules)
