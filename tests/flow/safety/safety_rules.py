"""The safety rules of the flow, and the check that every event in every reachable state of a site keeps them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations

from kiosk.flow import commands as c
from kiosk.flow import events as e
from kiosk.flow.analysis.reachability import CHECK_IN, CHECKING, MEASURING, VISIT, Reached, walk
from kiosk.flow.handlers.asking import DEAF_S
from kiosk.flow.handlers.interrupts import ALARMS
from kiosk.flow.machine import AFTER_CHAMBER
from kiosk.flow.passages import UNCOUNTED
from kiosk.flow.questions import street_is_free, watch
from kiosk.flow.rules import AirlockRules, Rules
from kiosk.flow.state import Ahead, Outcome, Situation, State
from kiosk.flow.transitions import CURABLE, OFFERS_CHECK_IN, RESTING
from kiosk.model import ChamberWhen, Door, Pass, Phase, Reason, Refer, SkipRule, Step
from tests.flow.entrance import RULES
from tests.samples import WHOLE

SITE = replace(RULES, essential=frozenset({"thermometer"}))
"""One essential device stands for all of them."""

AIRLOCK = AirlockRules(bolt_s=0.5, open_alarm_s=60.0, sees_exit=True)

HAVE_DEADLINE = {
    Phase.DISINFECTING,
    Phase.MEASURING,
    Phase.ASKING,
    Phase.SCANNING,
    Phase.CHECKING,
    Phase.ADMITTING,
    Phase.REFERRING,
}
SERVING = HAVE_DEADLINE
UNLOCKED = {Phase.ADMITTING, Phase.EMERGENCY}
CONFIRMED = {Situation.SPRAYING, Situation.TREATING}
CAN_BE_SCANNED = {Situation.SCANNING, Situation.CHECKING, Situation.SECOND_TRY}
AFTER_SECOND_TRY = {Situation.SECOND_TRY, Situation.REFERRING} | {
    one for one in Situation if one.phase not in HAVE_DEADLINE
}
"""Situations that may follow a referral with a second try although no better code was shown."""


def check_every_transition(rules: Rules) -> None:
    """Fail unless each transition of this site keeps the rules, and each phase of its steps is reachable."""
    for _ in checked_transitions(rules):
        pass


def checked_transitions(rules: Rules, tries: float = math.inf) -> Iterator[Reached]:
    """Yield each transition of this site; fail at one that breaks a rule, or at the end if a phase was not reached.

    tries: as in `walk`.
    """
    phases = set()
    for reached in walk(rules, tries):
        check(reached, rules)
        phases.add(reached[2].phase)
        yield reached
    reachable = set(Phase)
    if Step.TEMPERATURE not in rules.sequence:
        reachable -= {Phase.MEASURING}
    if Step.QUESTIONS not in rules.sequence:
        reachable -= {Phase.ASKING}
    if Step.CREDENTIAL not in rules.sequence:
        reachable -= {Phase.SCANNING, Phase.CHECKING}
    if Step.DISINFECT not in rules.sequence:
        reachable -= {Phase.DISINFECTING}
    assert phases == reachable


def check(reached: Reached, rules: Rules) -> None:
    """Fail if this transition breaks a rule."""
    before, event, after, commands = reached
    kinds = {type(command) for command in commands}
    check_door(before, event, after, kinds, rules)
    check_sprayer(before, event, after, kinds, rules)
    check_sprayed(before, event, after)
    check_emergency(before, event, after, kinds)
    check_steps(before, event, after, rules)
    check_bodies(before, event, after, kinds)
    check_venue_code(before, event, after, kinds, rules)
    check_passages(before, event, after)
    check_airlock(reached, kinds, rules)
    check_ahead(before, event, after, kinds, rules)
    check_referral(before, event, after)
    check_questions(before, event, after, rules)
    if after.phase in HAVE_DEADLINE:
        assert after.deadline_s is not None
    if is_late(event):
        assert after == before
        assert commands == ()
    if isinstance(event, e.CodeSeen | e.CodeHinted) and event.visit != before.watched_visit:
        assert (after.situation, after.visit) == (before.situation, before.visit)
        assert commands == ()


def check_door(before: State, event: e.Event, after: State, kinds: set[type], rules: Rules) -> None:
    if c.UnlockDoor in kinds:
        assert after.phase is Phase.ADMITTING
        assert after.visit is not None
        all_done = set(rules.visitor_steps) <= set(after.visit.done)
        assert isinstance(event, e.OfficerPressed) or all_done
        assert not before.officer.emergency_input
    if c.ReleaseDoor in kinds:
        assert isinstance(event, e.EmergencyRaised | e.EmergencyStands)
    if before.phase in UNLOCKED and after.phase not in UNLOCKED:
        assert c.LockDoor in kinds
    if after.phase is Phase.ADMITTING and before.phase is not Phase.ADMITTING:
        assert c.UnlockDoor in kinds


def check_sprayer(before: State, event: e.Event, after: State, kinds: set[type], rules: Rules) -> None:
    if after.sprayer_on:
        assert after.phase is Phase.DISINFECTING
        assert not after.doors.opened
        assert not after.officer.emergency_input
        assert after.presence.seen is (rules.chamber_when is ChamberWhen.OCCUPIED)
        assert (after.visit is not None) is (rules.chamber_when is ChamberWhen.OCCUPIED)
    if after.situation in CONFIRMED:
        assert after.sprayer_on
        assert before.situation in CONFIRMED or isinstance(event, e.SprayStarted)
    if c.StartSpray in kinds:
        assert after.situation not in CONFIRMED
        assert after.sprayer_on
        if rules.chamber_when is ChamberWhen.OCCUPIED:
            assert before.situation is Situation.WARNED
            assert isinstance(event, e.DeadlinePassed)
            assert before.visit is not None
            assert not before.visit.skipped
            assert not before.chamber.declined
        else:
            assert before.situation is Situation.TREATMENT_ANNOUNCED
            assert isinstance(event, e.DeadlinePassed)
            assert before.deadline_s is not None
            assert event.at_s >= before.deadline_s
            assert before.chamber.empty
            assert before.chamber.treatment_due
    if isinstance(event, e.SkipPressed):
        assert not after.sprayer_on
    if after.chamber.empty and not before.chamber.empty:
        assert isinstance(event, e.PresenceLost)
    if after.situation is Situation.WARNED:
        assert after.phase is Phase.DISINFECTING
        assert not after.doors.opened
    if before.sprayer_on and not after.sprayer_on:
        assert c.StopSpray in kinds


def check_sprayed(before: State, event: e.Event, after: State) -> None:
    """Fail if a visitor who was sprayed may be sprayed again without a sign that somebody else may be there."""
    if before.chamber.sprayed and not after.chamber.sprayed:
        assert isinstance(event, e.PresenceLost)
    if after.chamber.replaced and not before.chamber.replaced and not before.unanswered:
        came_in_gap = isinstance(event, e.PresenceGap) and before.chamber.went_in
        assert came_in_gap or (isinstance(event, e.DoorOpened) and event.door is Door.STREET)


def check_emergency(before: State, event: e.Event, after: State, kinds: set[type]) -> None:
    if isinstance(event, e.EmergencyRaised):
        assert after.phase is Phase.EMERGENCY
        assert before.phase is Phase.EMERGENCY or {c.ReleaseDoor, c.StopSpray} <= kinds
    if before.phase is Phase.EMERGENCY and after.phase is not Phase.EMERGENCY:
        assert isinstance(event, e.OfficerPressed)
        assert not before.officer.emergency_input
    if after.phase is not Phase.EMERGENCY:
        assert not after.officer.emergency_input


def check_bodies(before: State, event: e.Event, after: State, kinds: set[type]) -> None:
    """Fail if what one person did can count for another one who came in by the street door."""
    street_open = Door.STREET in after.doors.opened
    if after.situation in AFTER_CHAMBER:
        assert not street_open
    if before.visit is None and after.visit is not None and not isinstance(event, e.OfficerPressed):
        assert not street_open, "a visit begins behind a shut door"
    if c.UnlockDoor in kinds and not isinstance(event, e.OfficerPressed):
        assert not street_open
    if after.presence.voided and not before.presence.voided:
        assert after.presence.done == (), "the steps of a void visit serve nobody"
    opens = isinstance(event, e.DoorOpened) and event.door is Door.STREET
    if opens and after.visit is not None and after.phase is not Phase.ADMITTING:
        assert after.visit.done == ()
        assert not after.visit.skipped
        assert not after.chamber.sprayed
    replaces = opens or isinstance(event, e.PresenceSeen)
    if replaces and before.phase is Phase.ADMITTING and after.phase is Phase.ADMITTING:
        assert before.visit is not None
        assert before.doors.used or before.visit.outcome is Outcome.ADMITTED_BY_OFFICER
    if opens:
        assert after.phase is not Phase.REFERRING, "the next person must not read it"
    if isinstance(event, e.OfficerPressed) and event.at_s < before.officer.deaf_until_s:
        assert c.UnlockDoor not in kinds, "the second half of a double press"
    lost = set(before.faults) - set(after.faults)
    if any(fault in ALARMS for _, fault in lost):
        assert isinstance(event, e.OfficerPressed)
        assert c.UnlockDoor not in kinds


def check_venue_code(before: State, event: e.Event, after: State, kinds: set[type], rules: Rules) -> None:
    """Fail if a code of the venue outlives its visit, or if an answer counts that nobody awaits."""
    if after.check_in.open:
        assert rules.offers_check_in
        assert after.visit is not None
        assert after.situation in OFFERS_CHECK_IN
    else:
        assert after.check_in.code == ""
    assert (c.OfferCheckIn in kinds) is (after.check_in.request != before.check_in.request)
    if before.check_in.open and not after.check_in.open:
        assert c.StopCheckIn in kinds or isinstance(event, e.CheckInAnswered)
    if isinstance(event, e.CheckInShown | e.CheckInScanned | e.CheckInAnswered) and not before.check_in.open:
        assert after == before


def check_passages(before: State, event: e.Event, after: State) -> None:
    """Fail if a body that goes in is not counted, or one without an admission of its own is not reported."""
    counted = after.passages.counted - before.passages.counted
    assert counted == 0 or isinstance(event, e.PassageSeen)
    if not isinstance(event, e.PassageSeen) or before.phase in UNCOUNTED:
        return
    explained = before.passages.leaving or before.passages.exits > 0
    assert counted == (0 if explained else 1)
    if counted and (before.passages.admitted is None or before.passages.through):
        assert ("passage", "passage_unadmitted") in after.faults
    if before.phase is Phase.ADMITTING:
        assert (after.phase is Phase.ADMITTING) is (counted == 0), "somebody who comes out is not the visitor"


def check_airlock(reached: Reached, kinds: set[type], rules: Rules) -> None:
    """Fail if both doors can be unlocked, somebody is locked in, or the entry is free while a visit runs."""
    before, event, after, commands = reached
    moves = kinds & {c.FreeStreetDoor, c.LockStreetDoor}
    if rules.airlock is None:
        assert not moves
        return
    if c.UnlockDoor in kinds or after.phase is Phase.ADMITTING:
        assert Door.STREET not in after.doors.opened, "the building door is free behind a shut street door only"
        assert not street_is_free(after)
    if c.UnlockDoor in kinds and street_is_free(before):
        assert isinstance(commands[0], c.LockStreetDoor), "the street door is locked first"
    if c.FreeStreetDoor in kinds:
        assert isinstance(commands[-1], c.FreeStreetDoor), "the building door is locked first"
        assert c.UnlockDoor not in kinds
        assert before.phase is not Phase.ADMITTING or c.LockDoor in kinds or c.ReleaseDoor in kinds
    assert (c.FreeStreetDoor in moves) is (street_is_free(after) and not street_is_free(before))
    assert (c.LockStreetDoor in moves) is (street_is_free(before) and not street_is_free(after))
    if after.visit is not None and Door.STREET not in after.doors.opened:
        assert not street_is_free(after), "the entry is locked while a visit runs and the door has closed"
    if after.visit is None and not after.presence.seen and after.phase is not Phase.DISINFECTING:
        assert street_is_free(after), "whoever comes to an empty entrance finds it free"
    if after.phase in (Phase.EMERGENCY, Phase.OUT_OF_SERVICE, Phase.MAINTENANCE, Phase.STARTING):
        assert street_is_free(after)
    if isinstance(event, e.StreetExitRequested):
        assert after.visit is None, "whoever leaves ends the visit"
        assert after.phase in RESTING | {Phase.EMERGENCY}
    if isinstance(event, e.OfficerPressed) and c.UnlockDoor not in kinds and before.phase in SERVING:
        deaf = event.at_s < before.officer.deaf_until_s
        assert deaf or after.officer.refused or before.phase is Phase.ADMITTING, "the officer is told why"


def check_steps(before: State, event: e.Event, after: State, rules: Rules) -> None:
    had = set(before.visit.done) if before.visit else set(before.presence.done)
    has = set(after.visit.done) if after.visit else had
    if has - had:
        assert Door.STREET not in after.doors.opened
    for step in has - had:
        match step:
            case Step.DISINFECT:
                skipped = after.visit is not None and after.visit.skipped and rules.skip is SkipRule.CONTINUE
                confirmed = before.situation is Situation.SPRAYING
                assert skipped or (isinstance(event, e.DeadlinePassed) and confirmed)
            case Step.TEMPERATURE:
                early = before.visit is not None and before.visit.ahead.healthy
                assert early or (isinstance(event, e.TemperatureRead) and is_normal(event, rules))
            case Step.QUESTIONS:
                assert before.situation is Situation.ASKING
                assert before.visit is not None
                assert before.visit.answered == len(rules.questions) - 1
                assert isinstance(event, e.AnswerGiven)
                assert not (event.yes and rules.questions[-1] in rules.refer_yes)
            case Step.CREDENTIAL:
                early = before.visit is not None and isinstance(before.visit.ahead.verdict, Pass)
                answers = isinstance(event, e.CredentialChecked | e.CheckInAnswered) and isinstance(event.verdict, Pass)
                assert early or answers
                if isinstance(event, e.CheckInAnswered):
                    assert before.check_in.open
                    assert before.check_in.seen
                    assert before.situation in CAN_BE_SCANNED


def is_normal(event: e.TemperatureRead, rules: Rules) -> bool:
    """Return True if the reading is neither too low nor high."""
    high_c = rules.high_c if event.high_c is None else event.high_c
    return rules.low_c <= event.body_c < high_c


def check_ahead(before: State, event: e.Event, after: State, kinds: set[type], rules: Rules) -> None:
    """Fail if a result that is known ahead of its step comes from anything but the answer that was waited for."""
    visit, had = after.visit, before.visit.ahead if before.visit else Ahead()
    was_measuring = before.visit is not None and before.visit.measuring != 0
    is_measuring = visit is not None and visit.measuring != 0
    if was_measuring and not is_measuring:
        assert c.StopMeasuring in kinds
    if is_measuring and not was_measuring:
        assert c.MeasureTemperature in kinds
    if watch(after, rules) is not watch(before, rules) or after.watched_visit != before.watched_visit:
        assert c.WatchCodes in kinds
    if visit is None:
        return
    if Door.STREET in after.doors.opened and after.phase is not Phase.ADMITTING:
        assert (visit.ahead, visit.checking, visit.measuring) == (Ahead(), 0, 0)
    if after.sprayer_on:
        assert not visit.measuring
    if visit.ahead.healthy and not had.healthy:
        assert isinstance(event, e.TemperatureRead)
        assert is_normal(event, rules)
    if visit.ahead.verdict and not had.verdict:
        assert isinstance(event, e.CredentialChecked | e.DeadlinePassed)
        assert isinstance(event, e.CredentialChecked) or isinstance(visit.ahead.verdict, Refer)
    if visit.outcome is not Outcome.OPEN and after.situation is not Situation.SECOND_TRY:
        assert (visit.ahead, visit.checking, visit.measuring) == (Ahead(), 0, 0), "nothing counts after the end"


def check_referral(before: State, event: e.Event, after: State) -> None:
    """Fail if a referral that reads a better code is left for a step by anything but a code that passes."""
    visit = after.visit
    if after.situation is Situation.SECOND_TRY and before.situation is not Situation.SECOND_TRY:
        assert visit is not None
        assert isinstance(visit.verdict, Refer)
        assert visit.verdict.reason in CURABLE
        assert visit.outcome is Outcome.REFERRED
    if before.situation is Situation.SECOND_TRY and after.situation not in AFTER_SECOND_TRY and after.visit:
        answers = isinstance(event, e.CredentialChecked | e.CheckInAnswered) and isinstance(event.verdict, Pass)
        assert answers or isinstance(event, e.OfficerPressed)
    if before.situation is Situation.REFERRING and after.visit:
        assert after.situation is Situation.REFERRING or isinstance(event, e.OfficerPressed)


def check_questions(before: State, event: e.Event, after: State, rules: Rules) -> None:
    """Fail if an answer counts that belongs to no question, or if a wrong answer leads to anything but a referral."""
    if before.situation is not Situation.ASKING or not isinstance(event, e.AnswerGiven):
        if isinstance(event, e.AnswerGiven):
            assert (after.situation, after.visit) == (before.situation, before.visit)
        return
    assert before.visit is not None
    if event.at_s < before.since_s + DEAF_S:
        assert after.visit == before.visit
    elif event.yes and rules.questions[before.visit.answered] in rules.refer_yes:
        assert after.situation is Situation.REFERRING
        assert after.visit is not None
        assert after.visit.verdict == Refer(Reason.ANSWERED_YES, "questions.refer"), "one reason for all questions"


def is_late(event: e.Event) -> bool:
    """Return True if `event` answers another request than the newest one."""
    match event:
        case e.TemperatureRead() | e.TemperatureUnsettled():
            return (event.visit, event.request) != (VISIT, MEASURING)
        case e.CredentialChecked():
            return (event.visit, event.request) != (VISIT, CHECKING)
        case e.CheckInShown() | e.CheckInScanned() | e.CheckInAnswered():
            return (event.visit, event.request) != (VISIT, CHECK_IN)
        case _:
            return False


def chamber_sites(when: ChamberWhen) -> list[Rules]:
    """The sites with all steps that use the chamber in this way; at one of them the thermometer measures meanwhile."""
    site = replace(SITE, chamber_when=when)
    return [replace(site, skip=SkipRule.CONTINUE, unreliable_attempts=1), replace(site, same_spot=True)]


def sites_of_two_steps(*, with_chamber: bool) -> list[Rules]:
    """The sites with two steps in any order, of which the chamber is one or not."""
    sequences = [steps for steps in permutations(Step, 2) if (Step.DISINFECT in steps) is with_chamber]
    same_spot = not with_chamber
    return [replace(SITE, sequence=steps, unreliable_attempts=1, same_spot=same_spot) for steps in sequences]


def walked(sites: Sequence[Rules]) -> Sequence[Rules]:
    """Return the sites that this run walks: all, or in the ordinary suite the first, which has the fewest states.

    The ordinary suite also walks a part of the sites of `test_safety_all_steps`, which have everything.
    """
    return sites if WHOLE else sites[:1]


def name_of(rules: Rules) -> str:
    """A name for the parameter of a test."""
    steps = "-".join(step.value for step in rules.sequence)
    return f"{rules.chamber_when.value}-{rules.skip.value}-{steps}"
