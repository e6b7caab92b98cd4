"""A referral that a better code can cure keeps reading; what was done stays done for the same person."""

from dataclasses import replace

from kiosk.flow import commands as c
from kiosk.flow import events as e
from kiosk.flow.state import Outcome, Situation
from kiosk.journal.records import record_of
from kiosk.model import Door, Pass, Payload, Phase, Reason, Refer, Step, Watch
from tests.flow.entrance import RULES, Entrance, ready
from tests.flow.test_visits import SCAN_ONLY, at_camera, at_thermometer

CODE = Payload(b"a code")


def without_app() -> Entrance:
    """A visitor shows no code in time, and is referred."""
    return at_camera().time_is_up()


def test_the_right_code_during_a_referral_goes_on_from_there() -> None:
    entrance = without_app()
    assert (entrance.situation, entrance.visit.outcome) == (Situation.SECOND_TRY, Outcome.REFERRED)
    assert c.WatchCodes(Watch.FULL, 1) in entrance.commands
    at_s = entrance.state.since_s + 30.0
    before = entrance.feed(e.CodeSeen(at_s, CODE, 1)).state
    assert entrance.situation is Situation.SECOND_TRY
    event = e.CredentialChecked(at_s + 1.0, 1, entrance.visit.checking, Pass("staff"), "site_pass")
    assert entrance.feed(event).phase is Phase.ADMITTING
    record = record_of(before, event, entrance.state)
    assert record is not None
    assert (record.visit, record.outcome) == (1, Outcome.ADMITTED)


CURED_BY_A_BETTER_CODE = (
    Reason.NO_CREDENTIAL,
    Reason.EXPIRED,
    Reason.STATUS_UNKNOWN,
    Reason.ALREADY_USED,
    Reason.LINK_ONLY,
)


def test_each_curable_verdict_keeps_reading_and_the_others_do_not() -> None:
    for reason in Reason:
        entrance = at_camera().feed(e.CodeSeen(25.0, CODE, 1)).judged(Refer(reason), at_s=26.0)
        if reason is Reason.NOT_A_CREDENTIAL:
            assert entrance.phase is Phase.SCANNING, "the first wrong code does not refer"
            continue
        curable = reason in CURED_BY_A_BETTER_CODE
        assert entrance.situation is (Situation.SECOND_TRY if curable else Situation.REFERRING)
        assert (entrance.feed(e.CodeSeen(27.0, CODE, 1)).visit.checking != 0) is curable


def test_wrong_codes_are_counted_over_the_whole_visit_and_then_the_referral_stops_reading() -> None:
    entrance = without_app()
    for number in range(RULES.wrong_codes):
        assert entrance.situation is Situation.SECOND_TRY
        at_s = 70.0 + number
        entrance.feed(e.CodeSeen(at_s, CODE, 1)).judged(Refer(Reason.NOT_A_CREDENTIAL), at_s=at_s + 0.5)
    assert (entrance.situation, entrance.visit.verdict) == (Situation.REFERRING, Refer(Reason.NOT_A_CREDENTIAL))
    assert entrance.feed(e.CodeSeen(80.0, CODE, 1)).commands == ()


def test_a_wrong_code_changes_the_reason_and_not_the_time_of_the_referral() -> None:
    entrance = without_app()
    since_s, deadline_s = entrance.state.since_s, entrance.state.deadline_s
    entrance.feed(e.CodeSeen(70.0, CODE, 1)).judged(Refer(Reason.EXPIRED), at_s=71.0)
    assert (entrance.visit.verdict, entrance.visit.notice) == (Refer(Reason.EXPIRED), "expired")
    assert (entrance.state.since_s, entrance.state.deadline_s) == (since_s, deadline_s)
    entrance.feed(e.CodeSeen(72.0, CODE, 1)).judged(Refer(Reason.STATUS_DENIED), at_s=73.0)
    assert (entrance.situation, entrance.visit.verdict) == (Situation.REFERRING, Refer(Reason.STATUS_DENIED))


def test_a_code_of_unknown_status_is_asked_for_again_and_a_wrong_one_is_not() -> None:
    entrance = at_camera().feed(e.CodeSeen(25.0, CODE, 1)).judged(Refer(Reason.STATUS_UNKNOWN), at_s=26.0)
    assert entrance.situation is Situation.SECOND_TRY
    assert c.WatchCodes(Watch.AGAIN, 1) in entrance.commands
    entrance.feed(e.CodeSeen(29.0, CODE, 1))
    assert c.WatchCodes(Watch.OFF, 1) in entrance.commands
    entrance.judged(Refer(Reason.EXPIRED), at_s=30.0)
    assert c.WatchCodes(Watch.FULL, 1) in entrance.commands
    entrance.feed(e.CodeSeen(35.0, CODE, 1), e.DeadlinePassed(35.0 + RULES.check_s))
    assert c.WatchCodes(Watch.AGAIN, 1) in entrance.commands
    assert entrance.feed(e.CodeSeen(45.0, CODE, 1)).judged(Pass(), at_s=46.0).phase is Phase.ADMITTING


def test_a_check_without_an_answer_counts_as_a_wrong_code() -> None:
    entrance = without_app().feed(e.CodeSeen(70.0, CODE, 1), e.DeadlinePassed(76.0))
    assert (entrance.situation, entrance.visit.wrong_codes, entrance.visit.checking) == (Situation.SECOND_TRY, 1, 0)
    assert entrance.visit.verdict == Refer(Reason.STATUS_UNKNOWN, "credentials.timeout_s")


def test_a_referral_stays_while_somebody_stands_before_it_and_not_for_ever() -> None:
    entrance = at_thermometer().read(38.4).time_is_up().read(38.6, at_s=60.0)
    assert (entrance.situation, entrance.state.deadline_s) == (Situation.REFERRING, 180.0)
    assert entrance.feed(e.PresenceLost(70.0)).phase is Phase.IDLE
    unseen = ready(SCAN_ONLY).feed(e.CodeSeen(5.0, CODE, -1)).judged(Refer(Reason.STATUS_DENIED), at_s=6.0)
    assert unseen.state.deadline_s == 26.0, "without a presence sensor"


def test_a_referral_lasts_at_least_until_the_answer() -> None:
    entrance = without_app()
    assert entrance.state.deadline_s is not None
    at_s = entrance.state.deadline_s - 1.0
    assert entrance.feed(e.CodeSeen(at_s, CODE, 1)).state.deadline_s == at_s + RULES.check_s


def test_without_a_sensor_that_sees_the_visitor_only_a_visit_in_which_nothing_was_done_goes_on() -> None:
    alone = ready(SCAN_ONLY).feed(e.CodeSeen(5.0, CODE, -1)).judged(Refer(Reason.EXPIRED), at_s=6.0)
    assert alone.situation is Situation.SECOND_TRY
    unseen = replace(SCAN_ONLY, sequence=(Step.TEMPERATURE, Step.CREDENTIAL))
    entrance = ready(unseen).feed(e.CodeSeen(5.0, CODE, -1)).read(36.6, at_s=7.0).time_is_up()
    assert (entrance.situation, entrance.visit.done) == (Situation.REFERRING, (Step.TEMPERATURE,))


def test_the_next_person_neither_sees_the_referral_nor_goes_on_from_it() -> None:
    for ends in (e.PresenceLost(70.0), e.DoorOpened(70.0, Door.STREET)):
        entrance = without_app().feed(e.CodeSeen(69.0, CODE, 1))
        late = e.CredentialChecked(71.0, 1, entrance.visit.checking, Pass())
        assert entrance.feed(ends).phase is Phase.IDLE
        assert entrance.feed(late).phase is Phase.IDLE


def test_a_gap_during_the_referral_demands_another_temperature_and_no_other_spray() -> None:
    entrance = without_app().feed(e.PresenceGap(70.0), e.CodeSeen(71.0, CODE, 1)).judged(Pass(), at_s=72.0)
    assert (entrance.situation, entrance.visit.done) == (
        Situation.FIRST_READING,
        (Step.DISINFECT, Step.CREDENTIAL),
    )
    assert entrance.read(36.6, at_s=73.0).phase is Phase.ADMITTING


def test_a_referral_does_not_go_on_while_the_kiosk_is_out_of_service() -> None:
    entrance = without_app().feed(e.DeviceFailed(69.0, "thermometer", "thermometer_silent"))
    assert c.WatchCodes(Watch.OFF, 1) in entrance.commands
    assert entrance.feed(e.CodeSeen(70.0, CODE, 1)).visit.checking == 0
    asked = without_app().feed(e.CodeSeen(69.0, CODE, 1), e.DeviceFailed(70.0, "thermometer", "thermometer_silent"))
    assert asked.judged(Pass(), at_s=71.0).situation is Situation.REFERRING


def test_a_visitor_who_stays_after_the_referral_has_done_what_was_done() -> None:
    stays = without_app().time_is_up()
    assert (stays.phase, stays.state.presence.done) == (Phase.IDLE, (Step.DISINFECT, Step.TEMPERATURE))
    assert stays.time_is_up().phase is Phase.SCANNING
    assert stays.feed(e.CodeSeen(stays.state.since_s + 1.0, CODE, 2)).judged(Pass()).phase is Phase.ADMITTING


def test_a_visitor_who_may_have_been_replaced_has_done_nothing() -> None:
    for event in (e.DoorOpened(999.0, Door.BUILDING), e.PassageSeen(999.0), e.PresenceLost(999.0)):
        assert without_app().time_is_up().feed(event).state.presence.done == ()
    assert without_app().feed(e.DoorOpened(70.0, Door.BUILDING)).time_is_up().state.presence.done == ()
    assert without_app().time_is_up().feed(e.PresenceGap(999.0)).state.presence.done == (Step.DISINFECT,)
    assert without_app().time_is_up().feed(e.StopPressed(999.0), e.OfficerPressed(1000.0)).state.presence.done == ()
    by_officer = without_app().feed(e.OfficerPressed(70.0)).time_is_up()
    assert (by_officer.phase, by_officer.state.presence.done) == (Phase.IDLE, ())


def test_a_notice_is_heard_at_most_so_often() -> None:
    entrance = at_camera()
    for number in range(6):
        entrance.feed(e.CodeHinted(20.0 + number, "too_small", 1))
    assert (entrance.visit.notice, entrance.visit.heard) == ("too_small", ("too_small",) * 3)
