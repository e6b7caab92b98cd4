import math
from dataclasses import replace

from kiosk.flow import commands as c
from kiosk.flow import events as e
from kiosk.flow.rules import Rules
from kiosk.flow.state import Outcome, Situation
from kiosk.model import ChamberWhen, Door, Pass, Payload, Phase, Reason, Refer, Signal, SkipRule, Step, Watch
from tests.flow.entrance import DEVICES, RULES, Entrance, ready

CODE = Payload(b"HC1:...")
SCAN_ONLY = replace(RULES, sequence=(Step.CREDENTIAL,), has_presence=False, hold_s=5.0)


def in_chamber(rules: Rules = RULES) -> Entrance:
    """A visitor is warned at 10 s and sprayed from 13 s on."""
    return ready(rules).feed(e.PresenceSeen(10.0)).time_is_up()


def at_thermometer(rules: Rules = RULES) -> Entrance:
    entrance = ready(rules).feed(e.PresenceSeen(10.0))
    while entrance.phase is Phase.DISINFECTING:
        entrance.time_is_up()
    return entrance


def at_camera(rules: Rules = RULES) -> Entrance:
    return at_thermometer(rules).read(36.6)


def test_a_visitor_with_everything_in_order_enters() -> None:
    entrance = ready().feed(e.PresenceSeen(10.0))
    assert (entrance.phase, entrance.situation) == (Phase.DISINFECTING, Situation.WARNED)
    assert entrance.commands == (c.WatchCodes(Watch.FULL, 1), c.Indicate(Signal.BUSY))
    entrance.time_is_up()
    assert entrance.commands[-1] == c.StartSpray(5.0)
    entrance.time_is_up()
    assert entrance.phase is Phase.MEASURING
    assert c.StopSpray() in entrance.commands
    assert c.MeasureTemperature(visit=1, request=1) in entrance.commands
    entrance.read(36.6)
    assert entrance.phase is Phase.SCANNING
    assert c.WatchCodes(Watch.FULL, 1) in entrance.commands
    entrance.feed(e.CodeSeen(25.0, CODE, 1))
    assert entrance.phase is Phase.CHECKING
    assert c.CheckCredential(1, 2, CODE) in entrance.commands
    entrance.judged(Pass("minimum doses"))
    assert entrance.phase is Phase.ADMITTING
    assert entrance.commands[-1] == c.UnlockDoor(5.0)
    assert entrance.state.deadline_s == 35.0
    entrance.feed(e.PassageSeen(32.0))
    assert c.LockDoor() in entrance.commands
    assert entrance.visit.outcome is Outcome.ADMITTED
    assert entrance.visit.done == (Step.DISINFECT, Step.TEMPERATURE, Step.CREDENTIAL)


def test_no_visit_begins_before_every_essential_device_has_answered() -> None:
    entrance = Entrance(RULES).feed(e.PresenceSeen(1.0), e.DeviceRecovered(2.0, "camera"))
    assert entrance.phase is Phase.STARTING
    assert entrance.feed(e.DeviceRecovered(3.0, "thermometer")).phase is Phase.IDLE


def test_a_high_temperature_is_measured_again_after_a_pause_before_the_visitor_is_referred() -> None:
    entrance = at_thermometer().read(37.5, at_s=20.0)
    assert (entrance.phase, entrance.situation) == (Phase.MEASURING, Situation.PAUSE)
    assert entrance.state.deadline_s == 50.0
    assert entrance.commands == (c.StopMeasuring(),)
    entrance.time_is_up()
    assert c.MeasureTemperature(1, 2) in entrance.commands
    entrance.read(38.1)
    assert entrance.phase is Phase.REFERRING
    assert entrance.visit.verdict == Refer(Reason.FEVER, "temperature.high_c")


def test_the_limit_of_a_reading_that_has_its_own_replaces_the_fixed_one() -> None:
    assert at_thermometer().read(37.0, high_c=37.01).phase is Phase.SCANNING
    assert at_thermometer().read(38.0, high_c=38.1).phase is Phase.SCANNING
    entrance = at_thermometer().read(37.0, high_c=37.0)
    assert entrance.situation is Situation.PAUSE
    entrance.time_is_up().read(37.1, high_c=37.0)
    assert entrance.visit.verdict == Refer(Reason.FEVER, "temperature.relative")


def test_a_reading_that_is_too_low_is_unreliable_whatever_its_limit_is() -> None:
    entrance = at_thermometer().read(RULES.low_c - 0.1, high_c=37.0)
    assert (entrance.situation, entrance.visit.unreliable_readings) == (Situation.FIRST_READING, 1)


def test_a_visitor_whose_second_reading_is_normal_goes_on() -> None:
    assert at_thermometer().read(38.0).time_is_up().read(36.7).phase is Phase.SCANNING


def test_a_temperature_that_is_nan_is_never_normal() -> None:
    entrance = at_thermometer().read(math.nan)
    assert entrance.phase is Phase.MEASURING
    assert entrance.read(math.nan).visit.verdict == Refer(Reason.TEMPERATURE_UNRELIABLE, "too_far")


def test_a_thermometer_that_does_not_answer_is_asked_again_and_then_the_visitor_is_referred() -> None:
    entrance = at_thermometer()
    first = entrance.state.request
    assert entrance.time_is_up().state.request == first + 1
    assert entrance.time_is_up().visit.verdict == Refer(Reason.TEMPERATURE_UNRELIABLE)


def test_an_unsteady_reading_is_repeated_with_a_hint() -> None:
    entrance = at_thermometer()
    entrance.feed(e.TemperatureUnsettled(21.0, 1, entrance.state.request, "hold_still"))
    assert (entrance.phase, entrance.visit.notice) == (Phase.MEASURING, "hold_still")


def test_a_late_reading_is_ignored() -> None:
    for entrance in (at_thermometer(), at_thermometer().read(38.0).time_is_up()):
        before = entrance.state
        entrance.feed(e.TemperatureRead(60.0, 1, before.request - 1, 36.6, 34.6, 25.0))
        assert (entrance.state, entrance.commands) == (before, ())


def test_a_code_that_is_no_credential_does_not_end_the_visit() -> None:
    entrance = at_camera().feed(e.CodeSeen(25.0, CODE, 1))
    ends_at_s = entrance.visit.scan_deadline_s
    entrance.judged(Refer(Reason.NOT_A_CREDENTIAL))
    assert (entrance.phase, entrance.visit.notice) == (Phase.SCANNING, "not_a_credential")
    assert entrance.state.deadline_s == ends_at_s
    assert entrance.feed(e.CodeSeen(26.0, CODE, 1)).judged(Pass()).phase is Phase.ADMITTING


def test_a_visitor_who_showed_only_other_codes_is_referred_for_that() -> None:
    entrance = at_camera().feed(e.CodeSeen(25.0, CODE, 1)).judged(Refer(Reason.NOT_A_CREDENTIAL))
    entrance.feed(e.CodeHinted(26.0, "too_small", 1))
    assert entrance.visit.notice == "too_small"
    assert entrance.time_is_up().visit.verdict == Refer(Reason.NOT_A_CREDENTIAL, "scanner.scan_s")


def test_a_visitor_who_shows_no_code_is_referred_for_that() -> None:
    assert at_camera().time_is_up().visit.verdict == Refer(Reason.NO_CREDENTIAL, "scanner.scan_s")


def test_an_answer_that_comes_too_late_opens_nothing() -> None:
    entrance = at_camera().feed(e.CodeSeen(25.0, CODE, 1))
    request = entrance.state.request
    entrance.time_is_up()
    assert entrance.visit.verdict == Refer(Reason.STATUS_UNKNOWN, "credentials.timeout_s")
    entrance.feed(e.CredentialChecked(40.0, 1, request, Pass()))
    assert (entrance.phase, entrance.commands) == (Phase.REFERRING, ())


def test_the_verdict_on_the_last_visitor_opens_nothing_for_the_next_one() -> None:
    entrance = at_camera().feed(e.CodeSeen(25.0, CODE, 1))
    late = e.CredentialChecked(60.0, 1, entrance.state.request, Pass())
    entrance.feed(e.PresenceLost(26.0), e.PresenceSeen(28.0)).time_is_up().time_is_up().read(36.5).feed(
        e.CodeSeen(50.0, CODE, 2)
    )
    assert (entrance.visit.number, entrance.phase) == (2, Phase.CHECKING)
    assert entrance.feed(late).phase is Phase.CHECKING


def test_a_visitor_who_leaves_ends_the_visit() -> None:
    for entrance in (at_thermometer(), at_camera(), at_camera().feed(e.CodeSeen(25.0, CODE, 1))):
        entrance.feed(e.PresenceLost(26.0))
        assert (entrance.phase, entrance.visit.outcome) == (Phase.IDLE, Outcome.LEFT)


def test_leaving_the_chamber_stops_the_spray() -> None:
    entrance = in_chamber().feed(e.PresenceLost(14.0))
    assert c.StopSpray() in entrance.commands
    assert (entrance.phase, entrance.visit.outcome) == (Phase.IDLE, Outcome.LEFT)


def test_a_door_that_opens_stops_the_spray_and_the_rest_follows_when_it_is_shut() -> None:
    entrance = in_chamber().feed(e.DoorOpened(15.0, Door.BUILDING))
    assert entrance.commands[0] == c.StopSpray()
    assert (entrance.phase, entrance.state.deadline_s) == (Phase.DISINFECTING, 35.0)
    entrance.feed(e.DoorClosed(17.0, Door.BUILDING))
    assert (entrance.situation, entrance.state.deadline_s) == (Situation.WARNED, 20.0)
    assert entrance.feed(e.DoorClosed(18.0, Door.STREET)).state.deadline_s == 20.0
    assert entrance.time_is_up().commands[-1] == c.StartSpray(3.0)


def test_a_visitor_is_referred_unsprayed_if_nobody_shuts_the_door() -> None:
    entrance = ready().feed(e.DoorOpened(5.0, Door.BUILDING), e.PresenceSeen(10.0))
    assert not any(isinstance(command, c.StartSpray) for command in entrance.commands)
    assert entrance.time_is_up().visit.verdict == Refer(Reason.SKIPPED_STEP, "chamber not shut")


def test_the_warning_begins_only_when_both_doors_are_shut() -> None:
    entrance = ready().feed(e.DoorOpened(5.0, Door.STREET), e.DoorOpened(6.0, Door.BUILDING), e.PresenceSeen(10.0))
    assert entrance.feed(e.DoorClosed(11.0, Door.STREET)).situation is Situation.WAITING_FOR_DOORS
    assert entrance.feed(e.DoorClosed(12.0, Door.BUILDING)).situation is Situation.WARNED


def test_a_spray_that_the_interlock_stopped_is_repeated_and_does_not_count_as_done() -> None:
    entrance = in_chamber().feed(e.SprayStopped(15.0))
    assert (entrance.situation, entrance.state.deadline_s, entrance.visit.done) == (Situation.WARNED, 18.0, ())
    assert entrance.feed(e.SprayStopped(15.1)).commands == ()
    assert entrance.time_is_up().commands[-1] == c.StartSpray(3.0)
    assert entrance.time_is_up().phase is Phase.MEASURING


def test_a_visitor_whose_spray_is_stopped_again_and_again_is_referred() -> None:
    entrance = in_chamber()
    for _ in range(6):
        assert entrance.situation is Situation.SPRAYING
        entrance.feed(e.SprayStopped(entrance.state.since_s + 0.5)).time_is_up()
    entrance.feed(e.SprayStopped(entrance.state.since_s + 0.5))
    assert entrance.visit.verdict == Refer(Reason.SKIPPED_STEP, "chamber not shut")
    assert entrance.visit.done == ()


def test_a_spray_that_the_sprayer_did_not_confirm_is_not_done() -> None:
    entrance = ready().feed(e.PresenceSeen(10.0))
    entrance.sprayer_answers = False
    entrance.time_is_up().feed(e.SprayStarted(12.9)).time_is_up()
    assert entrance.visit.verdict == Refer(Reason.SKIPPED_STEP, "sprayer silent")
    assert entrance.visit.done == ()


def test_a_treatment_that_the_sprayer_did_not_confirm_stays_due() -> None:
    entrance = ready(replace(RULES, chamber_when=ChamberWhen.EMPTY, sequence=(Step.DISINFECT,)))
    entrance.sprayer_answers = False
    entrance.feed(e.PresenceSeen(10.0), e.PassageSeen(11.0), e.PresenceLost(12.0))
    assert entrance.time_is_up().commands[-1] == c.StartSpray(5.0)
    assert entrance.time_is_up().phase is Phase.IDLE
    assert entrance.state.chamber.treatment_due


def test_a_visitor_who_declines_the_spray_is_referred_or_goes_on_as_the_site_decides() -> None:
    for begin in (lambda rules: ready(rules).feed(e.PresenceSeen(10.0)), in_chamber, ready):
        referred = begin(RULES).feed(e.SkipPressed(14.0))
        assert referred.visit.verdict == Refer(Reason.SKIPPED_STEP, "chamber.skip")
        goes_on = begin(replace(RULES, skip=SkipRule.CONTINUE)).feed(e.SkipPressed(14.0))
        assert (goes_on.phase, goes_on.visit.skipped) == (Phase.MEASURING, True)
    assert c.StopSpray() in in_chamber().feed(e.SkipPressed(14.0)).commands
    assert ready(SCAN_ONLY).feed(e.SkipPressed(14.0)).phase is Phase.IDLE


def test_a_visitor_who_declined_and_stays_is_not_sprayed_in_the_next_visit() -> None:
    referred = in_chamber().feed(e.SkipPressed(14.0))
    emergency = in_chamber().feed(e.SkipPressed(14.0), e.EmergencyRaised(15.0), e.EmergencyCleared(16.0))
    for entrance in (referred, emergency.feed(e.OfficerPressed(17.0))):
        while entrance.state.visits < 2 or entrance.phase is Phase.IDLE:
            entrance.time_is_up()
        assert entrance.visit.verdict == Refer(Reason.SKIPPED_STEP, "chamber.skip")


def test_the_next_visitor_is_sprayed_after_one_who_declined() -> None:
    left = in_chamber().feed(e.SkipPressed(14.0), e.PresenceLost(20.0), e.PresenceSeen(30.0))
    swapped = in_chamber().feed(e.SkipPressed(14.0), e.DoorOpened(20.0, Door.STREET), e.DoorClosed(21.0, Door.STREET))
    in_vain = ready().feed(e.EmergencyRaised(5.0), e.SkipPressed(6.0), e.PresenceSeen(7.0))
    assert left.phase is Phase.DISINFECTING
    assert not swapped.state.chamber.declined
    assert not in_vain.state.chamber.declined, "nobody was there"


def test_somebody_seen_at_the_start_may_have_declined_where_visitors_go_on_unsprayed() -> None:
    for skip in SkipRule:
        rules = replace(RULES, skip=skip)
        seen = Entrance(rules).feed(e.PresenceSeen(0.5))
        assert seen.state.chamber.declined is (skip is SkipRule.CONTINUE)


def test_a_visitor_can_decline_the_spray_before_that_step() -> None:
    steps = (Step.TEMPERATURE, Step.DISINFECT)
    referred = ready(replace(RULES, sequence=steps)).feed(e.PresenceSeen(10.0), e.SkipPressed(11.0)).read(36.6)
    assert referred.visit.verdict == Refer(Reason.SKIPPED_STEP, "chamber.skip")
    assert not at_thermometer().feed(e.SkipPressed(20.0)).visit.skipped, "the visitor is sprayed already"


def test_nobody_is_sprayed_without_a_whole_warning_and_a_door_begins_it_anew() -> None:
    warned = ready().feed(e.PresenceSeen(10.0))
    assert warned.state.deadline_s == 13.0
    opened = warned.feed(e.DoorOpened(12.0, Door.STREET), e.DoorClosed(12.5, Door.STREET))
    assert (opened.situation, opened.state.deadline_s) == (Situation.WARNED, 15.5), "the warning begins anew"
    assert opened.feed(e.PresenceLost(15.0)).phase is Phase.IDLE


def test_a_visitor_who_comes_back_after_a_spray_has_to_wait_for_the_next_one() -> None:
    back = in_chamber().feed(e.PresenceLost(14.0), e.PresenceSeen(16.0))
    assert (back.situation, back.state.deadline_s) == (Situation.WARNED, 48.0), "30 s after the spray would have ended"
    later = in_chamber().feed(e.PresenceLost(14.0), e.PresenceSeen(60.0))
    assert later.state.deadline_s == 63.0


def test_the_visitor_after_an_admitted_one_does_not_wait_for_the_spray() -> None:
    entrance = at_camera().feed(e.CodeSeen(25.0, CODE, 1)).judged(Pass()).feed(e.PassageSeen(32.0))
    entrance.feed(e.PresenceLost(33.0), e.PresenceSeen(34.0))
    assert (entrance.situation, entrance.state.deadline_s) == (Situation.WARNED, 37.0)


def test_a_visitor_who_was_sprayed_and_stays_is_not_sprayed_again() -> None:
    for skip, phase in ((SkipRule.REFER, Phase.REFERRING), (SkipRule.CONTINUE, Phase.MEASURING)):
        entrance = at_camera(replace(RULES, skip=skip)).feed(e.CodeSeen(25.0, CODE, 1)).judged(Pass())
        entrance.time_is_up().feed(e.SkipPressed(60.0), e.OfficerPressed(61.0)).time_is_up()
        assert entrance.feed(e.PresenceSeen(70.0)).phase is phase
    assert at_camera().time_is_up().time_is_up().time_is_up().phase is Phase.SCANNING


def test_a_visitor_who_was_sprayed_and_stays_is_not_sprayed_again_when_another_person_uses_the_door() -> None:
    opened, shut = e.DoorOpened(31.0, Door.BUILDING), e.DoorClosed(32.0, Door.BUILDING)
    for skip, phase in ((SkipRule.REFER, Phase.REFERRING), (SkipRule.CONTINUE, Phase.MEASURING)):
        entrance = at_camera(replace(RULES, skip=skip)).feed(e.CodeSeen(25.0, CODE, 1)).judged(Pass())
        assert entrance.feed(opened, shut).phase is Phase.IDLE
        assert entrance.time_is_up().phase is phase
    no_sensor = replace(RULES, has_passage=False)
    gone = at_camera(no_sensor).feed(e.CodeSeen(25.0, CODE, 1)).judged(Pass()).feed(opened, e.PresenceLost(31.5), shut)
    assert gone.feed(e.PresenceSeen(33.0)).state.deadline_s == 36.0, "the next visitor is sprayed without a wait"


def test_the_empty_chamber_is_treated_between_visitors_and_never_with_a_visitor_in_it() -> None:
    rules = replace(RULES, chamber_when=ChamberWhen.EMPTY, sequence=(Step.DISINFECT, Step.TEMPERATURE))
    entrance = ready(rules).feed(e.PresenceSeen(10.0))
    assert entrance.phase is Phase.MEASURING
    entrance.read(36.5).feed(e.PassageSeen(22.0))
    assert (entrance.phase, entrance.state.chamber.treatment_due) == (Phase.IDLE, True)
    entrance.feed(e.PresenceLost(22.5))
    assert (entrance.situation, entrance.state.deadline_s) == (Situation.TREATMENT_ANNOUNCED, 25.5)
    assert not entrance.state.sprayer_on
    entrance.time_is_up()
    assert (entrance.phase, entrance.commands[-1]) == (Phase.DISINFECTING, c.StartSpray(5.0))
    entrance.feed(e.PresenceSeen(26.0))
    assert (entrance.phase, entrance.commands[0]) == (Phase.MEASURING, c.StopSpray())
    entrance.feed(e.DoorOpened(26.5, Door.STREET), e.PresenceLost(27.0))
    assert (entrance.phase, entrance.state.chamber.treatment_due) == (Phase.IDLE, True), "a door stands open"
    entrance.feed(e.DoorClosed(27.5, Door.STREET)).time_is_up()
    assert (entrance.situation, entrance.state.since_s) == (Situation.TREATING, 30.5)
    entrance.time_is_up()
    assert (entrance.phase, entrance.state.chamber.treatment_due) == (Phase.IDLE, False)


def test_a_treatment_that_a_door_or_the_interlock_stops_stays_due() -> None:
    rules = replace(RULES, chamber_when=ChamberWhen.EMPTY, sequence=(Step.DISINFECT,))
    entrance = ready(rules).feed(e.PresenceSeen(10.0), e.PassageSeen(11.0), e.PresenceLost(12.0))
    entrance.feed(e.DoorOpened(13.0, Door.STREET))
    assert (entrance.phase, entrance.state.chamber.treatment_due) == (Phase.IDLE, True)
    entrance.feed(e.DoorClosed(14.0, Door.STREET)).time_is_up()
    assert entrance.situation is Situation.TREATING
    entrance.feed(e.SprayStopped(17.1))
    assert (entrance.phase, entrance.state.chamber.treatment_due) == (Phase.IDLE, True)
    entrance.feed(e.DoorOpened(18.0, Door.STREET), e.DoorClosed(19.0, Door.STREET)).time_is_up()
    assert entrance.situation is Situation.TREATING
    assert c.StopSpray() in entrance.feed(e.DoorOpened(23.0, Door.STREET)).commands
    assert (entrance.phase, entrance.state.chamber.treatment_due) == (Phase.IDLE, True)


def test_a_code_begins_a_visit_if_the_credential_is_the_first_step() -> None:
    entrance = ready(SCAN_ONLY)
    assert c.WatchCodes(Watch.GLANCE, -1) in entrance.commands
    entrance.feed(e.CodeSeen(10.0, CODE, -1))
    assert entrance.phase is Phase.CHECKING
    assert entrance.judged(Refer(Reason.EXPIRED)).phase is Phase.REFERRING


def test_a_code_that_the_idle_screen_asks_for_need_not_be_shown_again_after_the_first_step() -> None:
    rules = replace(RULES, has_presence=False, sequence=(Step.TEMPERATURE, Step.CREDENTIAL))
    entrance = ready(rules).feed(e.CodeSeen(10.0, CODE, -1))
    assert (entrance.situation, entrance.visit.checking) == (Situation.FIRST_READING, 1)
    assert c.CheckCredential(1, 1, CODE) in entrance.commands
    assert c.WatchCodes(Watch.OFF, 1) in entrance.commands
    assert entrance.judged(Pass(), 11.0).read(36.5, 12.0).phase is Phase.ADMITTING


def test_a_code_that_begins_a_visit_without_a_credential_is_not_checked() -> None:
    rules = replace(RULES, has_presence=False, sequence=(Step.TEMPERATURE,))
    entrance = ready(rules).feed(e.CodeSeen(10.0, CODE, -1))
    assert (entrance.situation, entrance.visit.checking) == (Situation.FIRST_READING, 0)


def test_the_chamber_is_treated_after_a_visit_that_a_code_began() -> None:
    sequence, essential = (Step.DISINFECT, Step.CREDENTIAL), frozenset({"journal"})
    rules = replace(RULES, chamber_when=ChamberWhen.EMPTY, sequence=sequence, essential=essential)
    entrance = Entrance(rules).feed(e.PresenceSeen(1.0), e.DeviceRecovered(2.0, "journal"))
    assert (entrance.phase, entrance.state.chamber.treatment_due) == (Phase.IDLE, False)
    entrance.feed(e.CodeSeen(4.0, CODE, -1)).judged(Pass(), at_s=5.0).feed(e.DoorOpened(6.0, Door.BUILDING))
    entrance.feed(e.PresenceLost(7.0), e.DoorClosed(8.0, Door.BUILDING)).time_is_up()
    assert (entrance.phase, entrance.commands[-1]) == (Phase.DISINFECTING, c.StartSpray(5.0))


def test_a_code_begins_no_visit_while_the_sensor_sees_nobody() -> None:
    entrance = ready(replace(RULES, sequence=(Step.CREDENTIAL,))).feed(e.CodeSeen(10.0, CODE, -1))
    assert (entrance.phase, entrance.commands) == (Phase.IDLE, ())
    assert entrance.feed(e.StopPressed(11.0)).phase is Phase.OUT_OF_SERVICE


def test_a_visitor_with_fever_sees_the_own_temperature_until_they_leave() -> None:
    entrance = at_thermometer().read(38.4).time_is_up().read(38.6)
    assert entrance.visit.body_c == 38.6
    assert entrance.feed(e.PresenceLost(80.0)).visit.body_c is None


def test_a_code_that_comes_before_the_other_steps_is_asked_for_again_later() -> None:
    rules = replace(RULES, sequence=(Step.TEMPERATURE, Step.CREDENTIAL), has_presence=False)
    assert ready(rules).feed(e.CodeSeen(10.0, CODE, -1)).phase is Phase.MEASURING


def test_the_door_locks_when_it_falls_shut_or_when_the_time_is_up() -> None:
    for closing in (e.DoorClosed(33.0, Door.BUILDING), e.DeadlinePassed(35.0)):
        entrance = at_camera().feed(e.CodeSeen(25.0, CODE, 1)).judged(Pass())
        entrance.feed(e.DoorOpened(31.0, Door.BUILDING), e.DoorClosed(31.5, Door.STREET))
        assert entrance.phase is Phase.ADMITTING
        assert c.LockDoor() in entrance.feed(closing).commands


def test_the_door_that_falls_shut_behind_the_last_visitor_does_not_lock_out_the_next() -> None:
    entrance = ready().feed(e.ExitRequested(8.0), e.DoorOpened(9.0, Door.BUILDING))
    entrance.feed(e.OfficerPressed(10.0), e.DoorClosed(10.5, Door.BUILDING))
    assert (entrance.phase, entrance.commands) == (Phase.ADMITTING, ())
    entrance.feed(e.DoorOpened(11.0, Door.BUILDING), e.DoorClosed(13.0, Door.BUILDING))
    assert c.LockDoor() in entrance.commands


def test_a_person_close_behind_the_last_visitor_is_served() -> None:
    entrance = at_camera().feed(e.CodeSeen(25.0, CODE, 1)).judged(Pass()).feed(e.PassageSeen(32.0))
    assert (entrance.phase, entrance.state.deadline_s) == (Phase.IDLE, 34.5), "linger_s and the time to go out of view"
    assert entrance.time_is_up().visit.number == 2


def test_a_gap_behind_the_last_visitor_shows_that_the_next_person_is_there() -> None:
    entrance = at_camera().feed(e.CodeSeen(25.0, CODE, 1)).judged(Pass()).feed(e.PassageSeen(32.0))
    assert entrance.feed(e.PresenceGap(33.0)).visit.number == 2


def test_a_gap_of_a_visitor_who_stayed_begins_no_visit_early() -> None:
    entrance = at_camera().feed(e.CodeSeen(25.0, CODE, 1)).judged(Pass()).time_is_up()
    planned_s = entrance.state.deadline_s
    assert entrance.feed(e.PresenceGap(36.0)).phase is Phase.IDLE
    assert entrance.state.deadline_s == planned_s


def test_no_visit_is_planned_after_an_admission_if_nobody_is_there() -> None:
    entrance = at_camera().feed(e.CodeSeen(25.0, CODE, 1)).judged(Pass())
    assert entrance.feed(e.PresenceLost(31.0), e.PassageSeen(32.0)).state.deadline_s is None


def test_a_visitor_who_was_referred_and_stays_is_asked_again_after_longer_and_longer_times() -> None:
    entrance = at_camera(replace(RULES, stuck_s=1e6)).time_is_up().time_is_up()
    assert (entrance.phase, entrance.visit.outcome) == (Phase.IDLE, Outcome.REFERRED)
    waits_s = []
    for _ in range(8):
        assert entrance.state.deadline_s is not None
        waits_s.append(entrance.state.deadline_s - entrance.state.since_s)
        assert entrance.time_is_up().phase is Phase.SCANNING, "the visitor is not sprayed or measured again"
        entrance.time_is_up().time_is_up()
    assert waits_s == [10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 320.0, 320.0]
    assert entrance.feed(e.PresenceLost(9000.0)).state.deadline_s is None
    entrance.feed(e.PresenceSeen(9001.0), e.SkipPressed(9002.0)).time_is_up()
    assert entrance.state.deadline_s == 9132.0, "120 s of referral, then 10 s"


def test_a_visitor_who_was_admitted_and_stays_outside_is_not_asked_again_at_once() -> None:
    entrance = at_camera().feed(e.CodeSeen(25.0, CODE, 1)).judged(Pass()).time_is_up()
    assert (entrance.phase, entrance.state.deadline_s) == (Phase.IDLE, 45.0)


def test_a_person_who_is_there_when_the_entrance_is_ready_again_is_served() -> None:
    off = e.ServiceKeyTurned(21.0, on=False)
    started = Entrance(ready().rules).feed(e.PresenceSeen(1.0), *(e.DeviceRecovered(22.0, name) for name in DEVICES))
    recovered = at_camera().feed(e.DeviceFailed(20.0, "camera", "camera_silent"), e.DeviceRecovered(22.0, "camera"))
    released = at_camera().feed(e.StopPressed(20.0), e.OfficerPressed(22.0))
    reset = at_camera().feed(e.EmergencyRaised(20.0), e.EmergencyCleared(21.0), e.OfficerPressed(22.0))
    serviced = at_camera().feed(e.ServiceKeyTurned(20.0, on=True), off)
    for entrance in (started, recovered, released, reset, serviced):
        ready_at_s = entrance.state.since_s
        assert (entrance.phase, entrance.state.deadline_s) == (Phase.IDLE, ready_at_s + 2.0)
        before = entrance.state.visits
        assert entrance.time_is_up().visit.number == before + 1


def test_nobody_waits_longer_to_be_served_because_a_door_moves() -> None:
    entrance = at_camera().feed(e.StopPressed(20.0), e.OfficerPressed(22.0))
    entrance.feed(e.DoorOpened(22.5, Door.BUILDING), e.DoorClosed(23.0, Door.BUILDING), e.DoorOpened(23.5, Door.STREET))
    assert entrance.state.deadline_s == 24.0


def test_a_deadline_event_before_the_deadline_is_ignored() -> None:
    entrance = in_chamber().feed(e.DeadlinePassed(17.9))
    assert entrance.phase is Phase.DISINFECTING
    assert ready().feed(e.DeadlinePassed(99.0)).phase is Phase.IDLE
