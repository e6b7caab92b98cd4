"""The street door with a lock: free for whoever comes, locked during a visit, and never a trap."""

from dataclasses import replace

import pytest

from kiosk.flow import commands as c
from kiosk.flow import events as e
from kiosk.flow.state import Outcome, Situation
from kiosk.model import ChamberWhen, Door, Pass, Payload, Phase, Signal, Step, Watch
from tests.flow.entrance import RULES, Entrance, ready
from tests.flow.safety.safety_rules import AIRLOCK

FORCED, BOTH_OPEN = ("street_lock", "street_door_forced"), ("airlock", "both_doors_open")

SITE = replace(RULES, sequence=(Step.TEMPERATURE, Step.CREDENTIAL), airlock=AIRLOCK)


def come_in(entrance: Entrance, at_s: float = 2.0) -> Entrance:
    """Somebody comes in, and the street door falls shut behind them."""
    entrance.feed(e.DoorOpened(at_s, Door.STREET), e.PresenceSeen(at_s + 0.5))
    return entrance.feed(e.DoorClosed(at_s + 1.5, Door.STREET))


def admitted(entrance: Entrance) -> Entrance:
    come_in(entrance).read(36.5, 6.0).feed(e.CodeSeen(10.0, Payload(b"pass"), 1))
    return entrance.judged(Pass(), 10.1)


def street(entrance: Entrance) -> list[type]:
    """The commands to the street door in the last step."""
    kinds = (c.FreeStreetDoor, c.LockStreetDoor)
    return [type(command) for command in entrance.commands if isinstance(command, kinds)]


def test_the_entry_is_locked_when_the_door_falls_shut_behind_the_visitor() -> None:
    entrance = ready(SITE)
    entrance.feed(e.DoorOpened(2.0, Door.STREET))
    assert street(entrance) == []
    entrance.feed(e.PresenceSeen(2.5))
    assert street(entrance) == []
    entrance.feed(e.DoorClosed(3.5, Door.STREET))
    assert street(entrance) == [c.LockStreetDoor]
    assert entrance.phase is Phase.MEASURING


def test_the_entry_is_free_again_after_the_visitor_went_in() -> None:
    entrance = admitted(ready(SITE))
    assert entrance.phase is Phase.ADMITTING
    entrance.feed(e.DoorOpened(11.0, Door.BUILDING), e.DoorClosed(13.0, Door.BUILDING))
    assert street(entrance) == [], "somebody is still seen"
    entrance.feed(e.PresenceLost(14.0))
    assert street(entrance) == [c.FreeStreetDoor]


def test_the_building_door_stays_open_for_its_whole_time_also_if_the_bolt_takes_some() -> None:
    entrance = ready(SITE).feed(e.OfficerPressed(5.0))
    assert [type(command) for command in entrance.commands][:1] == [c.LockStreetDoor]
    assert entrance.state.deadline_s == 5.0 + AIRLOCK.bolt_s + SITE.hold_s
    later = admitted(ready(SITE))
    assert later.state.deadline_s == 10.1 + SITE.hold_s


def test_the_officer_cannot_open_while_the_street_door_is_open_and_is_told_why() -> None:
    entrance = ready(SITE).feed(e.DoorOpened(2.0, Door.STREET), e.OfficerPressed(3.0))
    assert (entrance.phase, entrance.state.officer.refused) == (Phase.IDLE, True)
    entrance.feed(e.DoorClosed(4.0, Door.STREET))
    assert not entrance.state.officer.refused
    entrance.feed(e.OfficerPressed(6.0))
    assert entrance.phase is Phase.ADMITTING


def test_a_visitor_who_uses_the_exit_ends_the_visit_and_has_time_to_leave() -> None:
    entrance = come_in(ready(SITE)).feed(e.StreetExitRequested(5.0))
    assert (entrance.phase, entrance.visit.outcome) == (Phase.IDLE, Outcome.LEFT)
    assert entrance.state.presence.greet_at_s == 15.0
    entrance.feed(e.StreetExitRequested(12.0))
    assert entrance.state.presence.greet_at_s == 22.0


def test_the_exit_ends_an_admission_that_nobody_used() -> None:
    entrance = admitted(ready(SITE)).feed(e.StreetExitRequested(11.0))
    assert entrance.phase is Phase.IDLE
    assert any(isinstance(command, c.LockDoor) for command in entrance.commands)
    assert entrance.state.presence.stayed > 0


def test_the_exit_after_somebody_went_in_leaves_that_admission_used() -> None:
    entrance = admitted(ready(SITE)).feed(e.DoorOpened(11.0, Door.BUILDING), e.StreetExitRequested(11.5))
    assert (entrance.phase, entrance.visit.outcome) == (Phase.IDLE, Outcome.ADMITTED)
    assert entrance.state.presence.stayed == 0


def test_the_exit_in_idle_before_anybody_is_seen_changes_nothing() -> None:
    entrance = ready(SITE)
    assert entrance.feed(e.StreetExitRequested(5.0)).commands == ()


def test_a_street_door_that_opens_behind_somebody_who_went_in_ends_the_admission() -> None:
    entrance = admitted(ready(SITE)).feed(e.DoorOpened(11.0, Door.BUILDING), e.DoorOpened(11.5, Door.STREET))
    assert (entrance.phase, entrance.visit.outcome) == (Phase.IDLE, Outcome.ADMITTED)
    without = admitted(ready(replace(SITE, airlock=None)))
    without.feed(e.DoorOpened(11.0, Door.BUILDING), e.DoorOpened(11.5, Door.STREET))
    assert without.phase is Phase.ADMITTING


def test_a_refused_unlocking_begins_the_visit_again_unless_somebody_went_in() -> None:
    entrance = admitted(ready(SITE)).feed(e.UnlockRefused(10.2))
    assert (entrance.phase, entrance.visit.outcome) == (Phase.IDLE, Outcome.INTERRUPTED)
    assert entrance.state.presence.voided
    used = admitted(ready(SITE)).feed(e.DoorOpened(11.0, Door.BUILDING), e.UnlockRefused(11.1))
    assert (used.phase, used.visit.outcome) == (Phase.IDLE, Outcome.ADMITTED)


@pytest.mark.parametrize("has_presence", [True, False])
def test_after_a_refused_unlocking_no_code_begins_a_visit_before_it_begins_by_itself(has_presence: bool) -> None:
    rules = replace(SITE, has_presence=has_presence, sequence=(Step.CREDENTIAL,))
    entrance = ready(rules).feed(*([e.PresenceSeen(9.0)] if has_presence else [e.CodeSeen(9.0, Payload(b"pass"), -1)]))
    entrance.feed(e.OfficerPressed(10.0), e.UnlockRefused(10.2))
    assert entrance.phase is Phase.IDLE
    looks = [command for command in entrance.commands if isinstance(command, c.WatchCodes)]
    assert looks[-1] == c.WatchCodes(Watch.OFF, entrance.state.watched_visit)
    entrance.time_is_up()
    assert (entrance.situation, entrance.state.since_s) == (Situation.SCANNING, 12.2)
    assert c.WatchCodes(Watch.FULL, entrance.visit.number) in entrance.commands


def test_a_street_door_that_stands_open_is_reported_once_and_is_no_fault_when_it_is_shut() -> None:
    entrance = ready(SITE).feed(e.DoorOpened(2.0, Door.STREET))
    assert entrance.state.due_s == 62.0
    entrance.falls_due()
    assert entrance.state.faults == (("street_door", "street_door_held_open"),)
    assert c.Indicate(Signal.FAULT) in entrance.commands
    assert entrance.state.due_s is None
    entrance.feed(e.DoorClosed(70.0, Door.STREET))
    assert entrance.state.faults == ()


def test_an_admission_right_after_another_one_needs_no_time_for_the_bolt_that_has_not_moved() -> None:
    entrance = admitted(ready(SITE)).feed(e.DoorOpened(11.0, Door.BUILDING), e.PresenceLost(12.0))
    entrance.feed(e.DoorClosed(13.0, Door.BUILDING))
    assert street(entrance) == [c.FreeStreetDoor]
    entrance.feed(e.OfficerPressed(13.0 + AIRLOCK.bolt_s / 2))
    assert entrance.state.deadline_s == 13.0 + AIRLOCK.bolt_s / 2 + SITE.hold_s
    assert entrance.time_is_up().feed(e.DoorOpened(20.0, Door.STREET)).state.faults == ()


def test_an_open_street_door_is_no_fault_in_an_emergency() -> None:
    entrance = ready(SITE).feed(e.DoorOpened(2.0, Door.STREET), e.EmergencyRaised(3.0))
    assert street(entrance) == []
    assert entrance.state.due_s is None
    assert entrance.feed(e.DeadlinePassed(99.0)).state.faults == ()


def test_a_locked_street_door_that_opens_without_its_exit_is_a_forced_one_until_the_officer_acknowledges() -> None:
    entrance = come_in(ready(SITE)).feed(e.DoorOpened(9.0, Door.STREET))
    assert entrance.state.faults == (FORCED,)
    entrance.feed(e.PresenceLost(10.0), e.DoorClosed(11.0, Door.STREET), e.OfficerPressed(12.0))
    assert entrance.state.faults == ()
    assert entrance.phase is Phase.IDLE


def test_a_person_who_pulled_the_door_while_it_was_locked_or_left_by_its_exit_forced_nothing() -> None:
    assert come_in(ready(SITE)).feed(e.DoorOpened(4.0, Door.STREET)).state.faults == ()
    leaving = come_in(ready(SITE)).feed(e.StreetExitRequested(9.0), e.DoorOpened(9.5, Door.STREET))
    assert leaving.state.faults == ()
    unseen = come_in(ready(replace(SITE, airlock=replace(AIRLOCK, sees_exit=False))))
    assert unseen.feed(e.DoorOpened(9.0, Door.STREET)).state.faults == ()


def test_a_street_door_that_opens_while_the_building_door_stands_open_is_a_forced_one() -> None:
    entrance = admitted(ready(SITE)).feed(e.DoorOpened(11.0, Door.BUILDING), e.PassageSeen(11.3), e.PresenceLost(13.0))
    assert entrance.phase is Phase.IDLE
    assert FORCED in entrance.feed(e.DoorOpened(14.0, Door.STREET)).state.faults


def test_a_street_door_that_an_emergency_freed_just_after_a_passage_is_no_forced_one() -> None:
    entrance = admitted(ready(SITE)).feed(e.DoorOpened(11.0, Door.BUILDING), e.PassageSeen(11.3))
    assert entrance.phase is Phase.IDLE
    assert entrance.feed(e.EmergencyRaised(11.4), e.DoorOpened(11.6, Door.STREET)).state.faults == ()


def test_a_street_door_that_stands_open_as_an_emergency_begins_is_no_forced_one() -> None:
    assert ready(SITE).feed(e.EmergencyRaised(3.0), e.DoorOpened(3.0, Door.STREET)).state.faults == ()


def test_the_building_door_is_forced_if_it_opens_before_the_bolt_has_moved_for_an_admission() -> None:
    for opened_s, faults in ((3.2, (("lock", "door_forced"),)), (3.0 + AIRLOCK.bolt_s, ())):
        waiting = ready(SITE).feed(e.OfficerPressed(3.0), e.DoorOpened(opened_s, Door.BUILDING))
        assert waiting.state.faults == faults
    void = ready(SITE).feed(e.OfficerPressed(3.0), e.UnlockRefused(3.1))
    assert void.feed(e.DoorOpened(4.0, Door.BUILDING)).state.faults == (("lock", "door_forced"),)


def test_a_street_door_that_is_forced_during_a_treatment_is_told_although_the_sprayer_stops_first() -> None:
    rules = replace(SITE, chamber_when=ChamberWhen.EMPTY, sequence=(Step.DISINFECT,))
    forced, freed = ready(rules), ready(rules)
    for entrance, opened_s in ((forced, 40.03), (freed, 40.5)):
        come_in(entrance).feed(e.DoorOpened(8.0, Door.BUILDING), e.PassageSeen(8.3), e.PresenceLost(9.0))
        entrance.feed(e.DoorClosed(10.0, Door.BUILDING)).time_is_up()
        assert entrance.situation is Situation.TREATING
        entrance.feed(e.SprayStopped(40.0), e.DoorOpened(opened_s, Door.STREET))
    assert forced.state.faults == (FORCED,)
    assert freed.state.faults == ()


def test_somebody_who_pulls_the_street_door_as_the_building_door_opens_from_inside_forces_nothing() -> None:
    entrance = ready(SITE).feed(
        e.ExitRequested(11.0), e.DoorOpened(11.2, Door.BUILDING), e.DoorOpened(12.0, Door.STREET)
    )
    assert FORCED not in entrance.state.faults
    entrance.feed(e.DoorClosed(14.0, Door.STREET), e.DoorOpened(16.0, Door.STREET))
    assert FORCED in entrance.state.faults


@pytest.mark.parametrize("doors", [tuple(Door), tuple(reversed(Door))])
def test_two_open_doors_are_told_until_one_is_shut(doors: tuple[Door, ...]) -> None:
    entrance = ready(SITE).feed(e.ExitRequested(11.0), *(e.DoorOpened(11.2, door) for door in doors))
    assert entrance.state.faults == (BOTH_OPEN,)
    assert entrance.feed(e.OfficerPressed(12.0)).state.faults == (BOTH_OPEN,)
    for door in doors:
        entrance.feed(e.DoorClosed(13.0, door))
        assert entrance.state.faults == ()


@pytest.mark.parametrize("event", [e.EmergencyRaised(10.0), e.ServiceKeyTurned(10.0, on=True)])
def test_two_open_doors_are_no_fault_while_people_go_freely(event: e.Event) -> None:
    freely = ready(SITE).feed(event, *(e.DoorOpened(11.2, door) for door in Door))
    assert BOTH_OPEN not in freely.state.faults
    assert BOTH_OPEN not in ready().feed(*(e.DoorOpened(11.2, door) for door in Door)).state.faults, "no airlock"


def test_the_street_door_is_locked_until_the_bolt_of_the_building_door_has_moved() -> None:
    unused = admitted(ready(SITE)).time_is_up().feed(e.PresenceLost(15.2))
    assert unused.phase is Phase.IDLE
    locked_s = 10.1 + SITE.hold_s
    assert unused.state.doors.street_held_until_s == locked_s + AIRLOCK.bolt_s
    freed = Entrance(SITE)
    freed.state = unused.state
    assert unused.feed(e.DoorOpened(15.5, Door.STREET)).state.faults == (FORCED,)
    assert freed.feed(e.DoorOpened(15.7, Door.STREET)).state.faults == ()


def test_the_emergency_frees_the_street_door_beside_an_open_building_door() -> None:
    entrance = ready(SITE).feed(
        e.EmergencyRaised(3.0), e.DoorOpened(4.0, Door.BUILDING), e.DoorOpened(8.0, Door.STREET)
    )
    assert entrance.state.faults == ()


def test_the_lamp_says_busy_while_nobody_can_come_in() -> None:
    entrance = ready(SITE).feed(e.DoorOpened(2.0, Door.BUILDING))
    assert c.Indicate(Signal.BUSY) in entrance.commands
    entrance.feed(e.DoorClosed(3.0, Door.BUILDING))
    assert c.Indicate(Signal.READY) in entrance.commands
