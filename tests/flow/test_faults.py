"""What takes nobody's way and yet needs looking after: the door, its lock, the presence sensor."""

from dataclasses import replace

import pytest

from kiosk.flow import commands as c
from kiosk.flow import events as e
from kiosk.flow.observations import UNSEEN_OPENINGS
from kiosk.flow.rules import Rules
from kiosk.model import ChamberWhen, Door, Pass, Payload, Phase, Reason, Refer, Signal, SkipRule, Step, Watch
from tests.flow.entrance import DEVICES, RULES, Entrance, ready
from tests.flow.test_visits import at_camera, in_chamber

OPEN, SHUT = e.DoorOpened, e.DoorClosed
HELD, FORCED, STUCK = ("door", "door_held_open"), ("lock", "door_forced"), ("presence", "presence_stuck")
CODE = Payload(b"a code")
QUIET = replace(RULES, reports_forced=False)


def let_in() -> Entrance:
    """At 30 s, for 5 s."""
    return at_camera().feed(e.CodeSeen(25.0, CODE)).judged(Pass())


def test_a_door_that_stands_open_is_reported_until_it_is_shut() -> None:
    entrance = ready(QUIET).feed(OPEN(10.0, Door.BUILDING))
    assert entrance.state.deadline_s == 30.0
    assert entrance.time_is_up().commands == (c.Indicate(Signal.FAULT),)
    assert (entrance.state.faults, entrance.state.deadline_s) == ((HELD,), None)
    assert entrance.feed(OPEN(31.0, Door.STREET)).state.faults == (HELD,)
    assert entrance.feed(SHUT(40.0, Door.BUILDING)).state.faults == ()
    assert entrance.commands[-1] == c.Indicate(Signal.READY)


def test_the_time_of_an_open_door_goes_on_whatever_happens_meanwhile() -> None:
    entrance = ready(QUIET).feed(OPEN(10.0, Door.BUILDING), OPEN(25.0, Door.STREET), SHUT(26.0, Door.STREET))
    entrance.feed(OPEN(27.0, Door.BUILDING))
    assert entrance.state.deadline_s == 30.0
    entrance.feed(e.OfficerPressed(28.0)).time_is_up()
    assert (entrance.phase, entrance.state.deadline_s) == (Phase.IDLE, 33.0), "over already, so at once"
    assert entrance.time_is_up().state.faults == (HELD,)


def test_a_door_that_stands_open_is_reported_while_nobody_can_be_served() -> None:
    starting = Entrance(QUIET)
    stopped = ready(QUIET).feed(e.StopPressed(5.0))
    serviced = ready(QUIET).feed(e.ServiceKeyTurned(5.0, on=True))
    for entrance in (starting, stopped, serviced):
        phase = entrance.phase
        entrance.feed(OPEN(10.0, Door.BUILDING), SHUT(12.0, Door.BUILDING))
        assert entrance.state.deadline_s is None
        entrance.feed(e.PresenceSeen(13.0), OPEN(20.0, Door.BUILDING), OPEN(25.0, Door.STREET))
        assert entrance.state.deadline_s == 40.0
        entrance.time_is_up()
        assert (entrance.phase, entrance.state.deadline_s) == (phase, None)
        assert HELD in entrance.state.faults
        assert HELD not in entrance.feed(SHUT(50.0, Door.BUILDING)).state.faults


def test_a_door_that_is_left_open_when_the_officer_stops_the_machine_is_reported() -> None:
    closing = (e.OfficerPressed(10.0), OPEN(11.0, Door.BUILDING))
    for late_s, due_s in ((12.0, 31.0), (40.0, 40.0)):
        entrance = ready(QUIET).feed(*closing, e.StopPressed(late_s))
        assert (entrance.phase, entrance.state.deadline_s) == (Phase.OUT_OF_SERVICE, due_s)
        assert HELD in entrance.time_is_up().state.faults
    freed = ready(QUIET).feed(*closing, e.EmergencyRaised(12.0))
    assert freed.state.deadline_s is None, "the door stands open because it shall"


def test_a_visit_goes_on_beside_a_door_that_is_held_open() -> None:
    entrance = ready(replace(RULES, reports_forced=False, sequence=(Step.TEMPERATURE,)))
    entrance.feed(OPEN(10.0, Door.BUILDING)).time_is_up().feed(e.PresenceSeen(40.0))
    assert (entrance.phase, entrance.state.faults) == (Phase.MEASURING, (HELD,))


def test_a_door_that_opens_though_nobody_was_let_through_was_forced() -> None:
    out = at_camera().feed(e.DeviceFailed(20.0, "camera", "camera_silent"))
    for entrance in (ready(), in_chamber(), at_camera(), out):
        assert FORCED in entrance.feed(OPEN(50.0, Door.BUILDING)).state.faults
    assert ready().feed(OPEN(50.0, Door.BUILDING)).commands[-1] == c.Indicate(Signal.FAULT)
    assert ready(QUIET).feed(OPEN(50.0, Door.BUILDING)).state.faults == ()
    assert ready().feed(OPEN(50.0, Door.STREET)).state.faults == ()


def test_a_door_that_was_let_open_was_not_forced() -> None:
    started = Entrance(ready().rules)
    serviced = ready().feed(e.ServiceKeyTurned(10.0, on=True))
    fled = ready().feed(e.EmergencyRaised(10.0))
    reset = ready().feed(e.EmergencyRaised(10.0), e.EmergencyCleared(11.0), e.OfficerPressed(30.0))
    left = ready().feed(e.ExitRequested(25.0))
    caught = let_in().feed(e.PassageSeen(30.0))
    for entrance in (started, serviced, fled, reset, left, let_in(), caught):
        assert entrance.feed(OPEN(31.0, Door.BUILDING), OPEN(40.0, Door.BUILDING)).state.faults == ()
    for entrance in (ready().feed(e.ExitRequested(10.0)), let_in().feed(e.PassageSeen(25.0))):
        assert FORCED in entrance.feed(OPEN(31.0, Door.BUILDING)).state.faults


def test_who_asked_to_leave_may_still_open_after_a_visit_ended() -> None:
    entrance = let_in().feed(e.ExitRequested(29.0), e.PassageSeen(30.0))
    assert entrance.phase is Phase.IDLE
    assert entrance.feed(OPEN(38.5, Door.BUILDING)).state.faults == ()
    late = let_in().feed(e.ExitRequested(29.0), e.PassageSeen(30.0), OPEN(39.5, Door.BUILDING))
    assert late.state.faults == (FORCED,)


@pytest.mark.parametrize("sees", [e.OfficerPressed(20.0), e.ServiceKeyTurned(20.0, on=True)])
def test_a_forced_door_is_told_until_somebody_looks_after_it(sees: e.Event) -> None:
    entrance = ready().feed(OPEN(10.0, Door.BUILDING), SHUT(11.0, Door.BUILDING))
    assert entrance.state.faults == (FORCED,)
    assert entrance.feed(sees).state.faults == ()


def test_a_forced_door_is_forgotten_when_the_next_visitor_is_let_in() -> None:
    entrance = at_camera().feed(OPEN(22.0, Door.BUILDING), SHUT(23.0, Door.BUILDING))
    assert entrance.state.faults == (FORCED,)
    assert entrance.feed(e.CodeSeen(25.0, CODE)).judged(Pass()).state.faults == ()


def waiting(rules: Rules) -> Entrance:
    """Somebody is seen at 10 s, and nothing else ever happens."""
    entrance = ready(rules).feed(e.PresenceSeen(10.0))
    for _ in range(100):
        if STUCK in entrance.state.faults:
            return entrance
        entrance.time_is_up()
    raise AssertionError("never reported")


def test_a_sensor_that_sees_somebody_for_ever_is_reported_and_serves_nobody_any_more() -> None:
    entrance = waiting(replace(RULES, stuck_s=300.0))
    assert (entrance.phase, entrance.state.deadline_s) == (Phase.IDLE, None)
    assert entrance.state.presence.stuck_at_s == 310.0
    assert c.Indicate(Signal.FAULT) in entrance.commands
    entrance.feed(e.CodeSeen(9000.0, CODE))
    assert entrance.visit.verdict == Refer(Reason.SKIPPED_STEP, "presence_stuck"), "nobody is sprayed on its word"
    assert entrance.feed(e.PresenceLost(9001.0)).state.faults == ()


@pytest.mark.parametrize(
    "moves",
    [e.CodeSeen(305.0, CODE), OPEN(305.0, Door.STREET), SHUT(305.0, Door.STREET), e.PassageSeen(305.0)],
    ids=lambda event: type(event).__name__,
)
def test_a_sensor_is_believed_for_longer_while_anything_moves(moves: e.Event) -> None:
    rules = replace(RULES, stuck_s=300.0, sequence=(Step.TEMPERATURE,), refer_s=280.0)
    entrance = ready(rules).feed(e.PresenceSeen(10.0))
    while entrance.phase is not Phase.REFERRING:
        entrance.time_is_up()
    entrance.feed(moves).time_is_up()
    assert (entrance.phase, entrance.state.presence.stuck_at_s) == (Phase.IDLE, 605.0)
    assert entrance.time_is_up().phase is Phase.MEASURING


def test_a_deadline_at_which_nothing_is_due_any_more_changes_nothing() -> None:
    rules = replace(RULES, stuck_s=15.0, sequence=(Step.TEMPERATURE,))
    entrance = Entrance(rules).feed(e.PresenceSeen(1.0), *(e.DeviceRecovered(15.0, device) for device in DEVICES))
    assert entrance.state.deadline_s == 16.0
    assert entrance.feed(e.PassageSeen(15.5)).time_is_up().state.faults == ()
    assert (entrance.phase, entrance.state.deadline_s) == (Phase.IDLE, 17.0)


def dead_sensor(rules: Rules) -> Entrance:
    """The officer lets many people in, and none is ever seen."""
    entrance = ready(rules)
    for number in range(UNSEEN_OPENINGS):
        assert STUCK not in entrance.state.faults
        entrance.feed(e.OfficerPressed(100.0 + number), OPEN(100.1 + number, Door.BUILDING))
        entrance.feed(SHUT(100.2 + number, Door.BUILDING))
    return entrance


def test_a_sensor_that_sees_nobody_though_many_go_past_is_reported_and_a_code_begins_a_visit() -> None:
    entrance = dead_sensor(replace(RULES, sequence=(Step.CREDENTIAL,)))
    assert entrance.state.faults == (STUCK,)
    assert c.WatchCodes(Watch.GLANCE) in entrance.commands
    assert entrance.feed(e.CodeSeen(200.0, CODE)).phase is Phase.CHECKING
    assert entrance.feed(e.PresenceSeen(201.0)).state.faults == ()


def test_what_a_dead_sensor_calls_empty_is_not_sprayed() -> None:
    rules = replace(RULES, chamber_when=ChamberWhen.EMPTY, skip=SkipRule.CONTINUE)
    entrance = dead_sensor(rules).feed(e.CodeSeen(200.0, CODE)).time_is_up().time_is_up().time_is_up()
    entrance.feed(OPEN(300.0, Door.STREET), SHUT(301.0, Door.STREET))
    assert (entrance.phase, entrance.state.chamber.treatment_due) == (Phase.IDLE, True)
    entrance.feed(e.PresenceSeen(302.0), OPEN(303.0, Door.STREET), SHUT(304.0, Door.STREET), e.PresenceLost(305.0))
    assert entrance.phase is Phase.DISINFECTING


def test_without_a_presence_sensor_there_is_none_to_be_stuck() -> None:
    entrance = dead_sensor(replace(RULES, sequence=(Step.CREDENTIAL,), has_presence=False))
    assert entrance.state.faults == ()
