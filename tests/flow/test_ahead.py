"""Steps overlap: codes and temperatures that are known before their step comes."""

from dataclasses import replace

import pytest

from kiosk.flow import commands as c
from kiosk.flow import events as e
from kiosk.flow.state import Ahead, Outcome, Situation
from kiosk.journal.records import record_of
from kiosk.model import Door, Mark, Pass, Payload, Phase, Reason, Refer, SkipRule, Step, Watch
from tests.flow.entrance import RULES, Entrance, ready
from tests.flow.test_visits import at_camera, at_thermometer, in_chamber

CODE = Payload(b"a code")
SAME_SPOT = replace(RULES, same_spot=True)
CREDENTIAL_FIRST = replace(SAME_SPOT, sequence=(Step.CREDENTIAL, Step.TEMPERATURE))


def shown_while_warned(at_s: float = 10.5) -> Entrance:
    """A visitor is warned from 10 s on, and sprayed from 13 s to 18 s; a code is shown at 10.5 s."""
    return ready().feed(e.PresenceSeen(10.0), e.CodeSeen(at_s, CODE, 1))


def test_a_code_that_is_shown_during_the_spray_opens_the_door_after_the_last_step() -> None:
    entrance = shown_while_warned()
    assert (entrance.situation, entrance.visit.checking) == (Situation.WARNED, 1)
    assert entrance.commands == (c.CheckCredential(1, 1, CODE), c.WatchCodes(Watch.OFF, 1))
    entrance.judged(Pass("minimum doses"), at_s=11.0)
    assert (entrance.situation, entrance.visit.done, entrance.commands) == (Situation.WARNED, (), ())
    assert entrance.time_is_up().time_is_up().phase is Phase.MEASURING
    assert entrance.read(36.6).phase is Phase.ADMITTING
    assert entrance.visit.done == (Step.DISINFECT, Step.TEMPERATURE, Step.CREDENTIAL)
    assert (entrance.visit.verdict, entrance.visit.scheme) == (Pass("minimum doses"), "site_pass")


def test_the_answer_may_come_after_the_step_began() -> None:
    entrance = at_thermometer().feed(e.CodeSeen(19.0, CODE, 1)).read(36.6, at_s=20.0)
    assert (entrance.phase, entrance.state.deadline_s) == (Phase.CHECKING, 25.0), "6 s after the code was shown"
    assert entrance.judged(Pass(), at_s=21.0).phase is Phase.ADMITTING


def test_a_measurement_and_a_check_at_the_same_time_do_not_void_each_other() -> None:
    for first in ("reading", "verdict"):
        entrance = at_thermometer().feed(e.CodeSeen(19.0, CODE, 1))
        measuring, checking = entrance.visit.measuring, entrance.visit.checking
        assert measuring != checking
        reading = e.TemperatureRead(20.0, 1, measuring, 36.6, 34.6, 25.0)
        verdict = e.CredentialChecked(20.0, 1, checking, Pass())
        crossed = (
            e.TemperatureRead(20.0, 1, checking, 36.6, 34.6, 25.0),
            e.CredentialChecked(20.0, 1, measuring, Pass()),
        )
        assert entrance.feed(*crossed).phase is Phase.MEASURING
        entrance.feed(*((reading, verdict) if first == "reading" else (verdict, reading)))
        assert entrance.phase is Phase.ADMITTING


def test_an_early_verdict_that_refers_counts_when_its_step_comes() -> None:
    entrance = shown_while_warned().judged(Refer(Reason.STATUS_DENIED), at_s=11.0)
    assert entrance.situation is Situation.WARNED
    entrance.time_is_up().time_is_up().read(36.6)
    assert (entrance.situation, entrance.visit.verdict) == (Situation.REFERRING, Refer(Reason.STATUS_DENIED))


def test_an_early_code_that_is_wrong_is_told_when_its_step_comes_and_a_better_one_counts() -> None:
    entrance = shown_while_warned().judged(Refer(Reason.NOT_A_CREDENTIAL), at_s=11.0)
    assert c.WatchCodes(Watch.FULL, 1) in entrance.commands, "another code may be shown"
    told = entrance.time_is_up().time_is_up().read(36.6)
    assert (told.phase, told.visit.notice, told.visit.wrong_codes) == (Phase.SCANNING, "not_a_credential", 1)
    better = (
        shown_while_warned().judged(Refer(Reason.EXPIRED), at_s=11.0).feed(e.CodeSeen(11.5, CODE, 1)).judged(Pass())
    )
    assert better.visit.ahead.verdict == Pass()


def test_a_visitor_whose_early_code_was_wrong_is_referred_for_its_reason() -> None:
    told = shown_while_warned().judged(Refer(Reason.EXPIRED), at_s=11.0).time_is_up().time_is_up().read(36.6)
    assert (told.phase, told.visit.notice) == (Phase.SCANNING, "expired")
    assert told.time_is_up().visit.verdict == Refer(Reason.EXPIRED, "scanner.scan_s")


def test_the_screen_learns_which_steps_are_known_to_be_good() -> None:
    entrance = shown_while_warned()
    assert entrance.visit.passed_ahead == frozenset()
    assert entrance.judged(Pass(), at_s=11.0).visit.passed_ahead == {Step.CREDENTIAL}
    healthy = replace(entrance.visit, ahead=replace(entrance.visit.ahead, healthy=True))
    assert healthy.passed_ahead == {Step.CREDENTIAL, Step.TEMPERATURE}


def test_only_the_newest_code_is_used_up() -> None:
    mark = Mark(b"first")
    entrance = at_camera().feed(e.CodeSeen(25.0, CODE, 1))
    first = e.CredentialChecked(26.0, 1, entrance.visit.checking, Refer(Reason.NOT_A_CREDENTIAL), "", mark)
    assert entrance.feed(first).visit.mark == mark
    entrance.feed(e.CodeSeen(27.0, CODE, 1)).judged(Pass(), at_s=28.0)
    assert (entrance.phase, entrance.visit.mark) == (Phase.ADMITTING, None)


def test_early_wrong_codes_are_counted_with_all_others() -> None:
    entrance = ready(replace(RULES, wrong_codes=2)).feed(e.PresenceSeen(10.0))
    for number in range(2):
        entrance.feed(e.CodeSeen(10.5 + number, CODE, 1)).judged(Refer(Reason.NOT_A_CREDENTIAL), at_s=11.0 + number)
    assert entrance.commands == ()
    assert entrance.feed(e.CodeSeen(12.8, CODE, 1)).visit.checking == 0
    entrance.time_is_up().time_is_up().read(36.6)
    assert (entrance.situation, entrance.visit.verdict) == (Situation.REFERRING, Refer(Reason.NOT_A_CREDENTIAL))


def test_an_early_verdict_is_forgotten_after_a_while_and_the_code_is_read_again() -> None:
    rules = replace(RULES, keep_s=10.0, retest_pause_s=30.0)
    entrance = at_thermometer(rules).feed(e.CodeSeen(19.0, CODE, 1)).judged(Pass(), at_s=19.5).read(38.0, at_s=20.0)
    assert (entrance.situation, entrance.state.due_s) == (Situation.PAUSE, 29.5)
    entrance.feed(e.DeadlinePassed(29.5))
    assert (entrance.situation, entrance.visit.ahead) == (Situation.PAUSE, Ahead())
    assert entrance.commands == (c.WatchCodes(Watch.FULL, 1),)
    assert entrance.time_is_up().read(36.6, at_s=51.0).phase is Phase.SCANNING


def test_an_early_check_without_an_answer_is_given_up_and_its_answer_is_late() -> None:
    entrance = shown_while_warned()
    late = e.CredentialChecked(17.0, 1, entrance.visit.checking, Pass())
    entrance.time_is_up().feed(e.DeadlinePassed(16.5))
    assert (entrance.situation, entrance.visit.checking, entrance.visit.ahead.wrong) == (
        Situation.SPRAYING,
        0,
        "status_unknown",
    )
    assert entrance.feed(late).visit.ahead.verdict is None


@pytest.mark.parametrize(
    "interruption",
    [
        e.DoorOpened(12.0, Door.STREET),
        e.PresenceLost(12.0),
        e.StopPressed(12.0),
        e.EmergencyRaised(12.0),
        e.ServiceKeyTurned(12.0, on=True),
        e.DeviceFailed(12.0, "camera", "camera_silent"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_every_end_of_the_visit_drops_the_results_that_are_known_ahead(interruption: e.Event) -> None:
    for entrance in (shown_while_warned(), shown_while_warned().judged(Pass(), at_s=11.0)):
        late = e.CredentialChecked(13.0, 1, entrance.visit.checking or 1, Pass())
        entrance.feed(interruption)
        assert entrance.state.visit is None
        assert entrance.visit.outcome in (Outcome.INTERRUPTED, Outcome.LEFT)
        entrance.feed(e.DoorClosed(12.5, Door.STREET), late)
        assert entrance.state.visit is None or entrance.state.visit.ahead == Ahead()


def test_the_journal_learns_an_early_verdict_only_when_its_step_comes() -> None:
    entrance = shown_while_warned().judged(Refer(Reason.STATUS_DENIED, "status"), at_s=11.0)
    before, event = entrance.state, e.PresenceLost(12.0)
    entrance.feed(event)
    record = record_of(before, event, entrance.state)
    assert record is not None
    assert (record.outcome, record.reason, record.scheme) == (Outcome.LEFT, "", "")


def test_no_code_is_read_while_the_street_door_is_open() -> None:
    entrance = ready().feed(e.PresenceSeen(10.0), e.DoorOpened(10.2, Door.STREET), e.CodeSeen(10.5, CODE, 1))
    assert (entrance.situation, entrance.visit.checking) == (Situation.WAITING_FOR_DOORS, 0)


# the thermometer


def test_the_thermometer_measures_during_the_warning_if_the_spots_are_the_same() -> None:
    entrance = ready(SAME_SPOT).feed(e.PresenceSeen(10.0))
    assert entrance.commands[-1] == c.MeasureTemperature(1, 1)
    entrance.read(36.6, at_s=11.0)
    assert (entrance.situation, entrance.visit.ahead.healthy, entrance.visit.done) == (Situation.WARNED, True, ())
    assert entrance.time_is_up().time_is_up().phase is Phase.SCANNING
    assert entrance.visit.done == (Step.DISINFECT, Step.TEMPERATURE)
    assert ready().feed(e.PresenceSeen(10.0)).visit.measuring == 0, "otherwise it does not"


def test_nothing_is_measured_while_the_sprayer_runs() -> None:
    entrance = ready(SAME_SPOT).feed(e.PresenceSeen(10.0))
    late = e.TemperatureRead(14.0, 1, entrance.visit.measuring, 36.6, 34.6, 25.0)
    entrance.sprayer_answers = False
    entrance.time_is_up()
    assert c.StopMeasuring() in entrance.commands
    assert (entrance.feed(late).visit.ahead.healthy, entrance.visit.measuring) == (False, 0)


def test_an_early_reading_that_is_high_is_repeated_when_its_step_comes_and_not_before_the_pause() -> None:
    entrance = ready(SAME_SPOT).feed(e.PresenceSeen(10.0)).read(38.0, at_s=11.0)
    assert (entrance.visit.ahead.retest_at_s, entrance.visit.measuring) == (41.0, 0)
    entrance.time_is_up().time_is_up()
    assert (entrance.situation, entrance.state.deadline_s) == (Situation.PAUSE, 41.0)
    assert entrance.time_is_up().situation is Situation.SECOND_READING
    assert entrance.read(38.2, at_s=42.0).visit.verdict == Refer(Reason.FEVER, "temperature.high_c")


def test_after_the_pause_an_early_high_reading_is_repeated_at_once() -> None:
    entrance = ready(replace(CREDENTIAL_FIRST, retest_pause_s=5.0)).feed(e.PresenceSeen(10.0)).read(38.0, at_s=11.0)
    entrance.feed(e.CodeSeen(19.0, CODE, 1)).judged(Pass(), at_s=20.0)
    assert entrance.situation is Situation.SECOND_READING


def test_an_early_reading_that_is_unreliable_is_not_counted_and_is_tried_again() -> None:
    entrance = ready(SAME_SPOT).feed(e.PresenceSeen(10.0)).read(33.0, at_s=11.0)
    assert (entrance.visit.measuring, entrance.visit.unreliable_readings) == (2, 0)
    entrance.feed(e.TemperatureUnsettled(12.0, 1, 2, "hold_still"), e.TemperatureUnsettled(12.0, 1, 2, "hold_still"))
    assert (entrance.visit.measuring, entrance.visit.unreliable_readings, entrance.visit.notice) == (3, 0, "")


def test_the_temperature_is_known_when_the_code_was_read_first() -> None:
    entrance = ready(CREDENTIAL_FIRST).feed(e.PresenceSeen(10.0)).read(36.6, at_s=11.0).feed(e.CodeSeen(12.0, CODE, 1))
    assert entrance.judged(Pass(), at_s=13.0).phase is Phase.ADMITTING


def test_the_street_door_voids_a_visit_in_which_only_something_was_known_ahead() -> None:
    entrance = ready(SAME_SPOT).feed(e.PresenceSeen(10.0)).read(36.6, at_s=11.0).feed(e.DoorOpened(12.0, Door.STREET))
    assert (entrance.phase, entrance.state.presence.voided) == (Phase.IDLE, True)
    nothing = ready(SAME_SPOT).feed(e.PresenceSeen(10.0), e.DoorOpened(12.0, Door.STREET))
    assert (nothing.situation, nothing.visit.measuring) == (Situation.WAITING_FOR_DOORS, 0)
    assert c.StopMeasuring() in nothing.commands


def test_a_visitor_who_declines_has_the_early_results_too() -> None:
    entrance = ready(replace(SAME_SPOT, skip=SkipRule.CONTINUE)).feed(e.PresenceSeen(10.0)).read(36.6, at_s=10.8)
    entrance.feed(e.CodeSeen(11.0, CODE, 1)).judged(Pass(), at_s=11.2)
    assert entrance.feed(e.SkipPressed(11.5)).phase is Phase.ADMITTING


def test_the_officer_admits_and_nothing_goes_on_beside() -> None:
    entrance = ready(SAME_SPOT).feed(e.PresenceSeen(10.0), e.CodeSeen(10.5, CODE, 1), e.OfficerPressed(11.0))
    assert entrance.phase is Phase.ADMITTING
    assert c.StopMeasuring() in entrance.commands
    assert (entrance.visit.checking, entrance.visit.measuring, entrance.visit.ahead) == (0, 0, Ahead())
    assert in_chamber().feed(e.OfficerPressed(14.0)).phase is Phase.ADMITTING
