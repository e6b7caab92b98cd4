"""A visit belongs to a body: what another body did counts for nobody, and nobody is sprayed in place of another."""

from dataclasses import replace

import pytest

from kiosk.flow import commands as c
from kiosk.flow import events as e
from kiosk.flow.door_observations import UNSEEN_OPENINGS
from kiosk.flow.observations import LEAVING_S
from kiosk.flow.rules import Rules
from kiosk.flow.state import Outcome, Situation
from kiosk.flow.transitions import NEXT_VISITOR_S
from kiosk.model import ChamberWhen, Door, Pass, Payload, Phase, Reason, Refer, SkipRule, Step
from tests.flow.entrance import RULES, Entrance, ready
from tests.flow.test_visits import at_camera, at_thermometer, in_chamber

CODE = Payload(b"a code")
OPENS, SHUTS = e.DoorOpened, e.DoorClosed
NO_CHAMBER = replace(RULES, sequence=(Step.TEMPERATURE, Step.CREDENTIAL))
EMPTY = replace(RULES, chamber_when=ChamberWhen.EMPTY, sequence=(Step.DISINFECT,))


def admitted(rules: Rules = RULES) -> Entrance:
    """A visitor is admitted at 30 s, for 5 s."""
    return at_camera(rules).feed(e.CodeSeen(25.0, CODE, 1)).judged(Pass())


def in_each_step() -> list[Entrance]:
    """A visitor at each step after the chamber, not before 20 s."""
    return [
        at_thermometer(),
        at_thermometer().read(38.0),
        at_thermometer().read(38.0).time_is_up(),
        at_camera(),
        at_camera().feed(e.CodeSeen(25.0, CODE, 1)),
    ]


# the street door in IDLE


def test_a_visit_begins_only_when_the_street_door_is_shut_behind_the_visitor() -> None:
    entrance = ready(NO_CHAMBER).feed(OPENS(9.0, Door.STREET), e.PresenceSeen(10.0))
    assert (entrance.phase, entrance.state.deadline_s) == (Phase.IDLE, entrance.state.presence.stuck_at_s)
    assert entrance.feed(SHUTS(11.0, Door.BUILDING)).phase is Phase.IDLE
    assert entrance.feed(SHUTS(12.0, Door.STREET)).phase is Phase.MEASURING


def test_neither_a_code_nor_the_skip_button_begins_a_visit_while_the_street_door_is_open() -> None:
    scan_first = replace(RULES, sequence=(Step.CREDENTIAL,))
    for rules, event in ((scan_first, e.CodeSeen(11.0, CODE, 1)), (RULES, e.SkipPressed(11.0))):
        entrance = ready(rules).feed(OPENS(9.0, Door.STREET), e.PresenceSeen(10.0), event)
        assert (entrance.phase, entrance.state.visits) == (Phase.IDLE, 0)


def test_a_person_who_stays_is_not_asked_again_while_the_street_door_is_open() -> None:
    entrance = at_camera().time_is_up().time_is_up().feed(OPENS(90.0, Door.STREET))
    visits = entrance.state.visits
    assert entrance.state.presence.greet_at_s is not None
    entrance.time_is_up()
    assert (entrance.phase, entrance.state.visits, entrance.state.presence.greet_at_s) == (Phase.IDLE, visits, None)
    entrance.feed(SHUTS(200.0, Door.STREET))
    assert (entrance.phase, entrance.state.deadline_s) == (Phase.IDLE, 202.0), "it may be somebody else by now"
    assert entrance.time_is_up().state.visits == visits + 1


# the street door in mid-visit


def test_the_street_door_voids_the_visit_in_each_step() -> None:
    for entrance in in_each_step():
        number, at_s = entrance.visit.number, entrance.state.since_s + 0.5
        entrance.feed(OPENS(at_s, Door.STREET))
        assert (entrance.phase, entrance.visit.outcome) == (Phase.IDLE, Outcome.INTERRUPTED)
        assert entrance.state.visit is None
        assert entrance.state.presence.voided
        entrance.feed(SHUTS(at_s + 0.5, Door.STREET))
        assert (entrance.visit.number, entrance.visit.notice, entrance.visit.done) == (number + 1, "begin_again", ())
        assert not entrance.state.presence.voided


def test_the_building_door_does_not_void_a_visit() -> None:
    for entrance in in_each_step():
        situation = entrance.situation
        assert entrance.feed(OPENS(entrance.state.since_s + 0.5, Door.BUILDING)).situation is situation


def test_a_visitor_who_is_lost_after_a_voided_visit_is_told_nothing() -> None:
    entrance = at_thermometer().feed(OPENS(20.0, Door.STREET), e.PresenceLost(21.0), e.PresenceSeen(22.0))
    assert not entrance.state.presence.voided
    assert entrance.feed(SHUTS(23.0, Door.STREET)).visit.notice == ""


def test_the_answers_for_a_voided_visit_serve_nobody_else() -> None:
    rules = replace(NO_CHAMBER, sequence=(Step.CREDENTIAL, Step.TEMPERATURE))
    entrance = ready(rules).feed(e.PresenceSeen(10.0), e.CodeSeen(11.0, CODE, 1))
    late = e.CredentialChecked(14.0, 1, entrance.state.request, Pass())
    entrance.feed(OPENS(12.0, Door.STREET), SHUTS(13.0, Door.STREET))
    assert (entrance.feed(late).phase, entrance.visit.done) == (Phase.SCANNING, ())
    assert entrance.feed(e.CodeSeen(15.0, CODE, 2), late).phase is Phase.CHECKING


def test_the_steps_of_an_admission_that_became_void_serve_nobody_else() -> None:
    entrance = ready(replace(NO_CHAMBER, sequence=(Step.TEMPERATURE,))).feed(e.PresenceSeen(10.0)).read(36.6)
    assert entrance.phase is Phase.ADMITTING
    entrance.feed(e.PresenceLost(21.0), e.PresenceSeen(22.0)).time_is_up()
    assert (entrance.phase, entrance.visit.done) == (Phase.MEASURING, ())
    assert entrance.state.since_s == 22.0 + NEXT_VISITOR_S


def test_an_answer_names_its_visit_and_its_request() -> None:
    """No two requests have the same number, but a worker that mixes up visits must not serve the wrong person."""
    entrance = ready(NO_CHAMBER).feed(e.PresenceSeen(10.0))
    request = entrance.visit.measuring
    for other in (entrance.visit.number - 1, entrance.visit.number + 1):
        assert entrance.feed(e.TemperatureRead(11.0, other, request, 36.6, 34.6, 25.0)).visit.done == ()
    assert entrance.read(36.6, at_s=12.0).visit.done == (Step.TEMPERATURE,)


def test_a_code_of_a_voided_visit_serves_nobody_else() -> None:
    rules = replace(NO_CHAMBER, sequence=(Step.CREDENTIAL, Step.TEMPERATURE))
    entrance = ready(rules).feed(e.PresenceSeen(10.0), OPENS(12.0, Door.STREET), SHUTS(13.0, Door.STREET))
    assert (entrance.phase, entrance.visit.number) == (Phase.SCANNING, 2)
    for visit in (1, -2):  # a picture of the visit before, and a picture from before this visit
        assert entrance.feed(e.CodeSeen(14.0, CODE, visit)).phase is Phase.SCANNING
        assert entrance.feed(e.CodeHinted(14.0, "too_small", visit)).visit.notice == "begin_again"
    assert entrance.feed(e.CodeHinted(14.0, "too_small", 2)).visit.notice == "too_small"
    assert entrance.feed(e.CodeSeen(15.0, CODE, 2)).phase is Phase.CHECKING


def test_a_code_from_before_the_last_visit_begins_none() -> None:
    entrance = ready(replace(NO_CHAMBER, sequence=(Step.CREDENTIAL,))).feed(e.PresenceSeen(10.0))
    entrance.feed(OPENS(12.0, Door.STREET), e.PresenceGap(12.5), SHUTS(13.0, Door.BUILDING))
    assert (entrance.phase, entrance.state.watched_visit) == (Phase.IDLE, -2)
    entrance.feed(e.StopPressed(14.0), SHUTS(15.0, Door.STREET), e.OfficerPressed(16.0))
    for visit in (-1, 1):
        assert entrance.feed(e.CodeSeen(17.0, CODE, visit)).phase is Phase.IDLE
    assert entrance.feed(e.CodeSeen(17.0, CODE, -2)).phase is Phase.CHECKING


def test_the_street_door_voids_a_visit_in_the_chamber_only_after_something_was_done() -> None:
    warned = ready().feed(e.PresenceSeen(10.0), OPENS(11.0, Door.STREET))
    assert (warned.situation, warned.visit.number) == (Situation.WAITING_FOR_DOORS, 1)
    last = replace(RULES, sequence=(Step.TEMPERATURE, Step.DISINFECT))
    declined = ready(replace(RULES, skip=SkipRule.CONTINUE)).feed(e.PresenceSeen(10.0), e.SkipPressed(11.0))
    measured = ready(last).feed(e.PresenceSeen(10.0)).read(36.6)
    for entrance in (in_chamber(), declined, measured):
        entrance.feed(OPENS(21.0, Door.STREET))
        assert (entrance.phase, entrance.visit.outcome) == (Phase.IDLE, Outcome.INTERRUPTED)


def test_a_visitor_who_declines_while_the_street_door_is_open_goes_on_when_it_is_shut() -> None:
    entrance = ready(replace(RULES, skip=SkipRule.CONTINUE)).feed(e.PresenceSeen(10.0), OPENS(11.0, Door.STREET))
    entrance.feed(e.SkipPressed(12.0))
    assert (entrance.situation, entrance.visit.skipped) == (Situation.WAITING_FOR_DOORS, True)
    entrance.feed(OPENS(13.0, Door.BUILDING), SHUTS(13.5, Door.BUILDING))
    assert entrance.phase is not Phase.MEASURING
    declined = ready(replace(RULES, skip=SkipRule.CONTINUE)).feed(e.PresenceSeen(10.0), OPENS(11.0, Door.STREET))
    declined.feed(e.SkipPressed(12.0), SHUTS(12.5, Door.BUILDING))
    assert declined.situation is Situation.WAITING_FOR_DOORS
    assert declined.feed(SHUTS(13.0, Door.STREET)).phase is Phase.MEASURING
    referred = ready().feed(e.PresenceSeen(10.0), OPENS(11.0, Door.STREET), e.SkipPressed(12.0))
    assert referred.visit.verdict == Refer(Reason.SKIPPED_STEP, "chamber.skip")


# the admission


def test_the_street_door_locks_the_building_door_before_the_admitted_visitor_has_used_it() -> None:
    entrance = admitted().feed(OPENS(31.0, Door.STREET))
    assert (entrance.phase, entrance.state.presence.voided) == (Phase.IDLE, True)
    assert c.LockDoor() in entrance.commands


def test_somebody_who_appears_after_the_admitted_visitor_was_lost_finds_the_door_locked() -> None:
    entrance = admitted().feed(e.PresenceLost(31.0), e.PresenceSeen(32.0))
    assert entrance.phase is Phase.IDLE
    assert c.LockDoor() in entrance.commands


@pytest.mark.parametrize("next_person", [OPENS(32.0, Door.STREET), e.PresenceSeen(32.0)])
def test_the_next_person_changes_nothing_once_the_admitted_visitor_has_used_the_door(next_person: e.Event) -> None:
    entrance = admitted().feed(OPENS(31.0, Door.BUILDING), e.PresenceLost(31.5), next_person)
    assert (entrance.phase, entrance.commands) == (Phase.ADMITTING, ())


@pytest.mark.parametrize("person", [OPENS(32.0, Door.STREET), e.PresenceSeen(32.0)])
def test_an_admission_by_the_officer_is_for_whoever_comes(person: e.Event) -> None:
    entrance = ready().feed(e.OfficerPressed(31.0), person)
    assert (entrance.phase, entrance.commands) == (Phase.ADMITTING, ())


def test_the_next_person_does_not_see_the_referral_of_the_last_one() -> None:
    referred = at_thermometer().read(38.4).time_is_up().read(38.6)
    assert referred.feed(OPENS(60.0, Door.BUILDING)).phase is Phase.REFERRING
    assert (referred.feed(OPENS(61.0, Door.STREET)).phase, referred.visit.body_c) == (Phase.IDLE, None)


# the spray


def test_a_visitor_who_was_sprayed_is_not_sprayed_again_when_the_beam_breaks() -> None:
    entrance = admitted().feed(e.PassageSeen(31.0)).time_is_up()
    assert entrance.visit.number == 2
    assert entrance.visit.verdict == Refer(Reason.SKIPPED_STEP, "chamber.again_s")


def test_somebody_who_comes_in_a_gap_after_another_one_went_in_is_sprayed_after_the_wait_for_a_repeated_spray() -> None:
    entrance = admitted().feed(e.PassageSeen(31.0), e.PresenceGap(32.7))
    assert (entrance.situation, entrance.state.deadline_s) == (Situation.WARNED, 48.0)
    assert entrance.time_is_up().commands[-1] == c.StartSpray(5.0)


def test_somebody_behind_a_street_door_that_was_opened_is_sprayed_after_the_wait_for_a_repeated_spray() -> None:
    entrance = admitted().feed(e.PassageSeen(31.0), OPENS(31.5, Door.STREET), SHUTS(32.0, Door.STREET))
    assert (entrance.situation, entrance.state.deadline_s) == (Situation.WARNED, 48.0)
    assert entrance.time_is_up().commands[-1] == c.StartSpray(5.0)


def test_a_visitor_who_went_in_before_the_door_fell_shut_leaves_no_wait_to_the_next() -> None:
    passage, shut = e.PassageSeen(32.0), SHUTS(32.0, Door.BUILDING)
    for has_passage, sign, deadline_s in ((True, passage, 36.0), (False, shut, 36.0), (True, shut, 48.0)):
        entrance = admitted(replace(RULES, has_passage=has_passage)).feed(OPENS(31.2, Door.BUILDING))
        entrance.feed(e.PresenceLost(31.5), sign, SHUTS(32.5, Door.BUILDING), e.PresenceSeen(33.0))
        assert (entrance.situation, entrance.state.deadline_s) == (Situation.WARNED, deadline_s)


@pytest.mark.parametrize("has_passage", [True, False])
def test_the_next_person_in_a_queue_is_sprayed_although_the_one_before_went_in_slowly(has_passage: bool) -> None:
    rules = replace(RULES, has_passage=has_passage)
    slow = admitted(rules).feed(OPENS(34.0, Door.BUILDING)).time_is_up()
    assert slow.phase is Phase.IDLE, "the door is locked, and the visitor's hand is on it"
    slow.feed(*([e.PassageSeen(35.1)] if has_passage else []), SHUTS(36.5, Door.BUILDING), e.PresenceGap(37.0))
    assert slow.situation is Situation.WARNED, "somebody else came in the gap"


def test_somebody_who_comes_out_of_the_building_shortens_no_wait_for_a_repeated_spray() -> None:
    entrance = at_thermometer().feed(e.ExitRequested(19.0), e.PassageSeen(20.0), e.PresenceLost(21.0))
    entrance.feed(e.PassageSeen(21.5), e.PresenceSeen(22.0))
    assert (entrance.situation, entrance.state.deadline_s) == (Situation.WARNED, 48.0)


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ((), ()),
        ((e.EmergencyStands(1.0),), (e.OfficerPressed(3.0),)),
        ((e.StopPressed(1.0),), (e.OfficerPressed(3.0),)),
        ((e.ServiceKeyTurned(1.0, on=True),), (e.ServiceKeyTurned(3.0, on=False),)),
    ],
)
def test_somebody_who_is_there_at_the_start_may_have_been_sprayed_just_before(
    begins: tuple[e.Event, ...], ends: tuple[e.Event, ...]
) -> None:
    answers = (e.DeviceRecovered(2.0, name) for name in RULES.essential)
    there = Entrance(RULES).feed(*begins, e.PresenceSeen(1.5), *answers, *ends)
    there.time_is_up()
    assert (there.situation, there.state.deadline_s) == (Situation.WARNED, 31.5), "30 s after the start"


# the empty chamber


def empty_chamber(lost_at_s: float, *, door_at_s: float) -> Entrance:
    """A visitor is admitted; a door moves; the sensor loses the visitor."""
    entrance = ready(EMPTY).feed(e.PresenceSeen(10.0), e.PassageSeen(10.5))
    entrance.feed(OPENS(door_at_s, Door.STREET), SHUTS(door_at_s, Door.STREET))
    entrance.feed(e.StopPressed(door_at_s), e.OfficerPressed(door_at_s))
    return entrance.feed(e.PresenceLost(lost_at_s))


def test_the_chamber_counts_as_empty_only_if_somebody_can_have_left_it() -> None:
    entrance = empty_chamber(11.0 + LEAVING_S, door_at_s=11.0)
    assert (entrance.situation, entrance.state.chamber.empty) == (Situation.TREATMENT_ANNOUNCED, True)
    entrance = empty_chamber(11.1 + LEAVING_S, door_at_s=11.0)
    assert (entrance.phase, entrance.state.chamber.empty, entrance.state.chamber.treatment_due) == (
        Phase.IDLE,
        False,
        True,
    )
    entrance.feed(OPENS(99.0, Door.STREET), SHUTS(99.5, Door.STREET))
    assert entrance.phase is Phase.IDLE, "a door that moves later is no proof: the sensor may have lost somebody"


def test_a_sensor_that_loses_somebody_while_a_door_stands_open_proves_an_empty_chamber() -> None:
    entrance = ready(EMPTY).feed(e.PresenceSeen(10.0), e.PassageSeen(10.5), OPENS(11.0, Door.STREET))
    assert entrance.feed(e.PresenceLost(60.0)).phase is Phase.IDLE, "not while it is open"
    assert entrance.feed(SHUTS(61.0, Door.STREET)).situation is Situation.TREATMENT_ANNOUNCED


def test_the_treatment_is_announced_for_the_whole_warning() -> None:
    entrance = empty_chamber(12.0, door_at_s=11.0)
    assert (entrance.situation, entrance.state.deadline_s) == (Situation.TREATMENT_ANNOUNCED, 15.0)
    assert not any(isinstance(command, c.StartSpray) for command in entrance.commands)
    assert entrance.time_is_up().commands[-1] == c.StartSpray(5.0)


def test_skip_cancels_a_treatment_until_the_next_visit() -> None:
    for entrance in (empty_chamber(12.0, door_at_s=11.0), empty_chamber(12.0, door_at_s=11.0).time_is_up()):
        entrance.feed(e.SkipPressed(entrance.state.since_s + 0.5))
        assert (entrance.phase, entrance.state.chamber.treatment_due) == (Phase.IDLE, False)
        assert c.StopSpray() in entrance.commands
        assert entrance.feed(OPENS(30.0, Door.STREET), SHUTS(31.0, Door.STREET)).phase is Phase.IDLE


# codes that are no credentials


def test_a_visitor_who_shows_many_codes_that_are_no_credentials_is_referred() -> None:
    entrance = at_camera()
    for number in range(RULES.wrong_codes):
        assert entrance.situation is (Situation.SCANNING if number < 2 else Situation.SECOND_TRY)
        entrance.feed(e.CodeSeen(25.0 + number, CODE, 1)).judged(Refer(Reason.NOT_A_CREDENTIAL), at_s=25.5 + number)
    assert entrance.situation is Situation.REFERRING
    assert entrance.visit.verdict == Refer(Reason.NOT_A_CREDENTIAL)
    assert entrance.feed(e.CodeSeen(40.0, CODE, 1)).commands == ()


def test_a_wrong_code_too_many_also_counts_when_it_is_followed_by_a_right_one() -> None:
    rules = replace(RULES, wrong_codes=2)
    for tries, phase in ((1, Phase.ADMITTING), (2, Phase.REFERRING)):
        entrance = at_camera(rules)
        for number in range(tries):
            entrance.feed(e.CodeSeen(25.0 + number, CODE, 1)).judged(Refer(Reason.NOT_A_CREDENTIAL), at_s=25.5 + number)
        assert entrance.feed(e.CodeSeen(29.0, CODE, 1)).judged(Pass()).phase is phase


# a flickering sensor


def test_a_sensor_that_shows_gaps_while_many_people_pass_is_not_stuck() -> None:
    entrance = ready(replace(RULES, reports_forced=False))
    for number in range(2 * UNSEEN_OPENINGS):
        entrance.feed(OPENS(100.0 + number, Door.BUILDING), SHUTS(100.5 + number, Door.BUILDING))
        if number % 10 == 0:
            entrance.feed(e.PresenceGap(100.7 + number))
    assert entrance.state.faults == ()
