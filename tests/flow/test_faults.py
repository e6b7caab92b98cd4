"""Faults that do not stop service but need the officer's attention: door, lock, presence sensor."""

from dataclasses import replace

import pytest

from kiosk.flow import commands as c
from kiosk.flow import events as e
from kiosk.flow.door_observations import UNSEEN_OPENINGS
from kiosk.flow.questions import watch
from kiosk.flow.rules import Rules
from kiosk.model import ChamberWhen, Door, Pass, Payload, Phase, Reason, Refer, Signal, SkipRule, Step, Watch
from tests.flow.entrance import DEVICES, RULES, Entrance, ready
from tests.flow.test_visits import at_camera, in_chamber

OPEN, SHUT = e.DoorOpened, e.DoorClosed
HELD, FORCED, STUCK = ("door", "door_held_open"), ("lock", "door_forced"), ("presence", "presence_stuck")
CODE = Payload(b"a code")
NO_FORCED = replace(RULES, reports_forced=False)


def admitted() -> Entrance:
    """A visitor is admitted at 30 s, for 5 s."""
    return at_camera().feed(e.CodeSeen(25.0, CODE, 1)).judged(Pass())


def test_a_door_that_stands_open_is_reported_until_the_officer_acknowledges() -> None:
    entrance = ready(NO_FORCED).feed(OPEN(10.0, Door.BUILDING))
    assert entrance.state.due_s == 30.0
    assert entrance.falls_due().commands == (c.Indicate(Signal.FAULT),)
    assert (entrance.state.faults, entrance.state.due_s) == ((HELD,), None)
    assert entrance.feed(OPEN(31.0, Door.STREET)).state.faults == (HELD,)
    assert entrance.feed(SHUT(40.0, Door.BUILDING)).state.faults == (HELD,)
    assert entrance.feed(e.OfficerPressed(41.0)).state.faults == ()
    assert (entrance.phase, entrance.commands) == (Phase.IDLE, (c.Indicate(Signal.READY),)), "nothing opens"


def test_a_door_that_still_stands_open_after_the_acknowledgement_is_reported_at_its_next_opening() -> None:
    entrance = ready(NO_FORCED).feed(OPEN(10.0, Door.BUILDING)).falls_due().feed(e.OfficerPressed(41.0))
    assert (entrance.state.faults, entrance.state.due_s) == ((), None)
    entrance.feed(SHUT(50.0, Door.BUILDING), OPEN(51.0, Door.BUILDING))
    assert HELD in entrance.falls_due().state.faults


def test_the_time_of_an_open_door_goes_on_during_other_events() -> None:
    entrance = ready(NO_FORCED).feed(OPEN(10.0, Door.BUILDING), OPEN(25.0, Door.STREET), SHUT(26.0, Door.STREET))
    entrance.feed(OPEN(27.0, Door.BUILDING))
    assert entrance.state.due_s == 30.0
    entrance.feed(e.OfficerPressed(28.0)).falls_due()
    assert (entrance.phase, entrance.state.faults) == (Phase.ADMITTING, (HELD,)), "it is reported at 30 s all the same"
    assert (entrance.time_is_up().phase, entrance.state.since_s) == (Phase.IDLE, 33.0)
    assert entrance.state.faults == (HELD,)


def test_a_door_that_stands_open_is_reported_in_every_phase_of_a_visit() -> None:
    rules = replace(NO_FORCED, sequence=(Step.TEMPERATURE, Step.CREDENTIAL))
    measuring = ready(rules).feed(OPEN(9.0, Door.BUILDING), e.PresenceSeen(10.0))
    scanning = ready(rules).feed(OPEN(9.0, Door.BUILDING), e.PresenceSeen(10.0)).read(36.6)
    checking = (
        ready(rules).feed(OPEN(9.0, Door.BUILDING), e.PresenceSeen(10.0)).read(36.6).feed(e.CodeSeen(26.0, CODE, 1))
    )
    waiting = ready(NO_FORCED).feed(OPEN(9.0, Door.BUILDING), e.PresenceSeen(10.0))
    for entrance in (measuring, scanning, checking, waiting):
        before = entrance.situation
        late = entrance.feed(e.DeadlinePassed(28.9)).state
        assert HELD not in late.faults
        entrance.feed(e.DeadlinePassed(29.0))
        assert (HELD in entrance.state.faults, entrance.phase) == (True, before.phase)


def test_a_door_that_stands_open_is_reported_while_nobody_can_be_served() -> None:
    starting = Entrance(NO_FORCED)
    stopped = ready(NO_FORCED).feed(e.StopPressed(5.0))
    serviced = ready(NO_FORCED).feed(e.ServiceKeyTurned(5.0, on=True))
    for entrance in (starting, stopped, serviced):
        phase = entrance.phase
        entrance.feed(OPEN(10.0, Door.BUILDING), SHUT(12.0, Door.BUILDING))
        assert entrance.state.doors.alarm_at_s is None
        entrance.feed(e.PresenceSeen(13.0), OPEN(20.0, Door.BUILDING), OPEN(25.0, Door.STREET))
        assert entrance.state.due_s == 40.0
        entrance.falls_due()
        assert (entrance.phase, entrance.state.doors.alarm_at_s) == (phase, None)
        assert HELD in entrance.state.faults
        assert HELD in entrance.feed(SHUT(50.0, Door.BUILDING)).state.faults
    for entrance in (starting, serviced):
        phase = entrance.phase
        assert HELD not in entrance.feed(e.OfficerPressed(51.0)).state.faults
        assert entrance.phase is phase, "the press opens nothing"
    stopped.feed(e.OfficerPressed(51.0))
    assert (stopped.phase, HELD in stopped.state.faults) == (Phase.IDLE, True), "this press starts the kiosk"
    assert HELD not in stopped.feed(e.OfficerPressed(53.5)).state.faults


def test_a_door_that_is_left_open_when_the_officer_stops_the_kiosk_is_reported() -> None:
    closing = (e.OfficerPressed(10.0), OPEN(11.0, Door.BUILDING))
    for late_s in (12.0, 40.0):
        entrance = ready(NO_FORCED).feed(*closing, e.StopPressed(late_s))
        assert (entrance.phase, entrance.state.due_s) == (Phase.OUT_OF_SERVICE, 31.0)
        assert HELD in entrance.falls_due().state.faults
    freed = ready(NO_FORCED).feed(*closing, e.EmergencyRaised(12.0))
    assert freed.state.due_s is None, "the door is meant to stand open"
    assert freed.feed(e.DeadlinePassed(99.0)).state.faults == ()
    reset = freed.feed(e.EmergencyRaised(12.0), e.EmergencyCleared(100.0), e.OfficerPressed(101.0))
    assert HELD in reset.falls_due().state.faults, "it stands open after the emergency, too"


def test_a_door_that_is_held_open_does_not_stop_a_visit() -> None:
    entrance = ready(replace(RULES, reports_forced=False, sequence=(Step.TEMPERATURE,)))
    entrance.feed(OPEN(10.0, Door.BUILDING)).falls_due().feed(e.PresenceSeen(40.0))
    assert (entrance.phase, entrance.state.faults) == (Phase.MEASURING, (HELD,))


def test_a_door_that_opens_although_nobody_was_admitted_was_forced() -> None:
    out = at_camera().feed(e.DeviceFailed(20.0, "camera", "camera_silent"))
    for entrance in (ready(), in_chamber(), at_camera(), out):
        assert FORCED in entrance.feed(OPEN(50.0, Door.BUILDING)).state.faults
    assert ready().feed(OPEN(50.0, Door.BUILDING)).commands[-1] == c.Indicate(Signal.FAULT)
    assert ready(NO_FORCED).feed(OPEN(50.0, Door.BUILDING)).state.faults == ()
    assert ready().feed(OPEN(50.0, Door.STREET)).state.faults == ()


def test_a_door_that_may_open_was_not_forced() -> None:
    started = Entrance(ready().rules)
    emergency = ready().feed(e.EmergencyRaised(10.0))
    reset = ready().feed(e.EmergencyRaised(10.0), e.EmergencyCleared(11.0), e.OfficerPressed(30.0))
    left = ready().feed(e.ExitRequested(25.0))
    in_grace_period = admitted().feed(e.PassageSeen(30.0))
    for entrance in (started, emergency, reset, left, admitted(), in_grace_period):
        assert entrance.feed(OPEN(31.0, Door.BUILDING), OPEN(40.0, Door.BUILDING)).state.faults == ()
    for entrance in (ready().feed(e.ExitRequested(10.0)), admitted().feed(e.PassageSeen(25.0))):
        assert FORCED in entrance.feed(OPEN(31.0, Door.BUILDING)).state.faults


def test_a_person_who_used_the_exit_button_may_still_open_the_door_after_a_visit_ended() -> None:
    entrance = admitted().feed(e.ExitRequested(29.0)).time_is_up()
    assert entrance.phase is Phase.IDLE
    assert entrance.feed(OPEN(38.5, Door.BUILDING)).state.faults == ()
    late = admitted().feed(e.ExitRequested(29.0)).time_is_up().feed(OPEN(39.5, Door.BUILDING))
    assert late.state.faults == (FORCED,)


def test_a_forced_door_is_reported_until_the_officer_acknowledges() -> None:
    entrance = ready().feed(OPEN(10.0, Door.BUILDING), SHUT(11.0, Door.BUILDING))
    assert entrance.state.faults == (FORCED,)
    entrance.feed(e.ServiceKeyTurned(12.0, on=True), e.ServiceKeyTurned(15.0, on=False))
    assert (entrance.phase, entrance.state.faults) == (Phase.IDLE, (FORCED,))
    entrance.feed(e.OfficerPressed(20.0))
    assert (entrance.phase, entrance.state.faults) == (Phase.IDLE, ())
    assert entrance.commands == (c.Indicate(Signal.READY),), "the press opens nothing"


def test_a_forced_door_is_still_reported_after_the_next_admission() -> None:
    entrance = at_camera().feed(OPEN(22.0, Door.BUILDING), SHUT(23.0, Door.BUILDING))
    assert entrance.state.faults == (FORCED,)
    assert entrance.feed(e.CodeSeen(25.0, CODE, 1)).judged(Pass()).state.faults == (FORCED,)
    assert entrance.feed(e.PassageSeen(31.0)).state.faults == (FORCED,)


def test_a_press_in_mid_visit_admits_although_an_alarm_stands() -> None:
    entrance = at_camera().feed(OPEN(22.0, Door.BUILDING), SHUT(23.0, Door.BUILDING), e.OfficerPressed(24.0))
    assert (entrance.phase, entrance.state.faults) == (Phase.ADMITTING, (FORCED,))


def test_a_press_while_nobody_is_served_admits_if_no_alarm_stands() -> None:
    entrance = ready().feed(e.DeviceFailed(5.0, "display", "display_silent"), e.OfficerPressed(10.0))
    assert entrance.phase is Phase.ADMITTING
    assert entrance.state.faults == (("display", "display_silent"),)


def stuck_sensor(rules: Rules) -> Entrance:
    """The sensor sees somebody from 10 s on, and there is no other event."""
    entrance = ready(rules).feed(e.PresenceSeen(10.0))
    for _ in range(100):
        if STUCK in entrance.state.faults:
            return entrance
        entrance.time_is_up()
    raise AssertionError("the stuck sensor was not reported")


def test_a_sensor_that_sees_somebody_for_too_long_is_reported_and_begins_no_more_visits() -> None:
    entrance = stuck_sensor(replace(RULES, stuck_s=300.0))
    assert (entrance.phase, entrance.state.deadline_s) == (Phase.IDLE, None)
    assert entrance.state.presence.stuck_at_s == 310.0
    assert c.Indicate(Signal.FAULT) in entrance.commands
    entrance.feed(e.CodeSeen(9000.0, CODE, entrance.state.watched_visit))
    assert entrance.visit.verdict == Refer(Reason.SKIPPED_STEP, "presence_stuck"), (
        "nobody is sprayed while the sensor is faulty"
    )
    assert entrance.feed(e.PresenceLost(9001.0)).state.faults == ()


@pytest.mark.parametrize(
    "sign",
    [e.CodeSeen(305.0, CODE, 1), OPEN(305.0, Door.BUILDING), SHUT(305.0, Door.STREET), e.PassageSeen(305.0)],
    ids=lambda event: type(event).__name__,
)
def test_a_sign_of_life_extends_the_time_before_a_sensor_counts_as_stuck(sign: e.Event) -> None:
    rules = replace(RULES, stuck_s=300.0, sequence=(Step.TEMPERATURE,), refer_s=280.0)
    entrance = ready(rules).feed(e.PresenceSeen(10.0))
    while entrance.phase is not Phase.REFERRING:
        entrance.time_is_up()
    entrance.feed(sign).time_is_up()
    assert (entrance.phase, entrance.state.presence.stuck_at_s) == (Phase.IDLE, 605.0)
    assert entrance.time_is_up().phase is Phase.MEASURING


def test_a_deadline_at_which_nothing_is_due_changes_nothing() -> None:
    rules = replace(RULES, stuck_s=15.0, sequence=(Step.TEMPERATURE,))
    entrance = Entrance(rules).feed(e.PresenceSeen(1.0), *(e.DeviceRecovered(15.0, device) for device in DEVICES))
    assert entrance.state.deadline_s == 16.0
    assert entrance.feed(e.ExitRequested(15.2), e.PassageSeen(15.5)).time_is_up().state.faults == ()
    assert (entrance.phase, entrance.state.deadline_s) == (Phase.IDLE, 17.0)


def dead_sensor(rules: Rules) -> Entrance:
    """The officer admits many people, and the sensor sees none of them."""
    entrance = ready(rules)
    for number in range(UNSEEN_OPENINGS):
        assert STUCK not in entrance.state.faults
        entrance.feed(e.OfficerPressed(100.0 + number), OPEN(100.1 + number, Door.BUILDING))
        entrance.feed(SHUT(100.2 + number, Door.BUILDING))
    return entrance


def test_a_sensor_that_misses_many_people_is_reported_and_a_code_begins_a_visit() -> None:
    entrance = dead_sensor(replace(RULES, sequence=(Step.CREDENTIAL,)))
    assert entrance.state.faults == (STUCK,)
    assert c.WatchCodes(Watch.GLANCE, entrance.state.watched_visit) in entrance.commands
    assert entrance.feed(e.CodeSeen(200.0, CODE, entrance.state.watched_visit)).phase is Phase.CHECKING
    assert entrance.feed(e.PresenceSeen(201.0)).state.faults == ()


def test_a_sensor_that_shows_a_gap_is_not_stuck_and_whoever_is_there_is_served() -> None:
    """The contact of the street door bounces; in the queue after that, every gap is shorter than `linger_s`."""
    entrance = ready().feed(OPEN(100.0, Door.STREET), e.PresenceSeen(100.5))
    for number in range(UNSEEN_OPENINGS):
        entrance.feed(OPEN(101.0 + number, Door.STREET))
    assert (entrance.state.faults, entrance.state.deadline_s) == ((STUCK,), None)
    entrance.feed(SHUT(200.0, Door.STREET))
    assert entrance.phase is Phase.IDLE
    entrance.feed(e.PresenceGap(201.0))
    assert (entrance.state.faults, entrance.phase) == ((), Phase.DISINFECTING)


def test_the_chamber_is_not_treated_while_the_presence_sensor_is_faulty() -> None:
    rules = replace(RULES, chamber_when=ChamberWhen.EMPTY, skip=SkipRule.CONTINUE)
    entrance = dead_sensor(rules)
    code = e.CodeSeen(200.0, CODE, entrance.state.watched_visit)
    entrance.feed(code).time_is_up().time_is_up().time_is_up()
    entrance.feed(OPEN(300.0, Door.STREET), SHUT(301.0, Door.STREET))
    assert (entrance.phase, entrance.state.chamber.treatment_due) == (Phase.IDLE, True)
    entrance.feed(e.PresenceSeen(302.0), OPEN(303.0, Door.STREET), SHUT(304.0, Door.STREET), e.PresenceLost(305.0))
    assert entrance.phase is Phase.DISINFECTING


def test_a_site_without_a_presence_sensor_reports_no_stuck_sensor() -> None:
    entrance = dead_sensor(replace(RULES, sequence=(Step.CREDENTIAL,), has_presence=False))
    assert entrance.state.faults == ()


def test_the_camera_looks_for_no_code_behind_an_open_street_door_as_a_code_in_view_counts_only_once() -> None:
    entrance = ready(replace(RULES, sequence=(Step.CREDENTIAL,), has_presence=False))
    assert watch(entrance.state, entrance.rules) is Watch.GLANCE
    entrance.feed(OPEN(10.0, Door.STREET))
    assert [command.watch for command in entrance.commands if isinstance(command, c.WatchCodes)] == [Watch.OFF]
    entrance.feed(SHUT(11.0, Door.STREET))
    assert [command.watch for command in entrance.commands if isinstance(command, c.WatchCodes)] == [Watch.GLANCE]
