from dataclasses import replace

from kiosk.flow import commands as c
from kiosk.flow import events as e
from kiosk.flow.handlers.interrupts import SECOND_PRESS_S, key_left_on
from kiosk.flow.observations import KEY_ON_S
from kiosk.flow.questions import unanswered_text
from kiosk.flow.state import Outcome
from kiosk.model import Door, Payload, Phase
from tests.flow.entrance import DEVICES, Entrance, ready
from tests.flow.test_visits import at_camera, at_thermometer, in_chamber


def test_the_emergency_stops_the_spray_and_releases_the_door_first() -> None:
    entrance = in_chamber().feed(e.EmergencyRaised(14.0))
    assert entrance.phase is Phase.EMERGENCY
    assert entrance.commands[:2] == (c.StopSpray(), c.ReleaseDoor())
    assert entrance.visit.outcome is Outcome.INTERRUPTED


def test_the_emergency_ends_only_when_its_input_is_clear_and_the_officer_resets() -> None:
    entrance = ready().feed(e.EmergencyRaised(10.0), e.OfficerPressed(11.0))
    assert entrance.phase is Phase.EMERGENCY
    assert entrance.feed(e.EmergencyCleared(12.0)).phase is Phase.EMERGENCY
    assert c.LockDoor() in entrance.feed(e.OfficerPressed(13.0)).commands
    assert entrance.phase is Phase.IDLE


def test_an_emergency_before_all_devices_answered_leads_back_to_starting() -> None:
    first, last = sorted(DEVICES)
    entrance = Entrance(ready().rules).feed(e.DeviceRecovered(0.5, first))
    entrance.feed(e.EmergencyRaised(1.0), e.EmergencyCleared(2.0), e.OfficerPressed(3.0))
    assert entrance.phase is Phase.STARTING
    assert entrance.feed(e.DeviceRecovered(4.0, last)).phase is Phase.IDLE


def test_devices_that_answer_during_an_emergency_count_afterwards() -> None:
    entrance = Entrance(ready().rules).feed(e.EmergencyRaised(1.0), e.EmergencyCleared(2.0))
    entrance.feed(*(e.DeviceRecovered(3.0, device) for device in DEVICES))
    assert entrance.phase is Phase.EMERGENCY
    assert entrance.feed(e.OfficerPressed(4.0)).phase is Phase.IDLE


def test_an_essential_device_that_fails_ends_the_visit_until_it_works_again() -> None:
    entrance = at_camera().feed(e.DeviceFailed(25.0, "camera", "camera_silent"))
    assert (entrance.phase, entrance.visit.outcome) == (Phase.OUT_OF_SERVICE, Outcome.INTERRUPTED)
    assert entrance.feed(e.DeviceRecovered(26.0, "display")).phase is Phase.OUT_OF_SERVICE
    assert entrance.feed(e.DeviceRecovered(30.0, "camera")).phase is Phase.IDLE


def test_a_fault_of_a_device_that_is_not_essential_does_not_end_the_visit() -> None:
    entrance = at_camera().feed(e.DeviceFailed(25.0, "display", "display_silent"))
    assert (entrance.phase, entrance.state.faults) == (Phase.SCANNING, (("display", "display_silent"),))


def test_a_fault_does_not_end_an_admission() -> None:
    entrance = at_camera().feed(e.OfficerPressed(20.0), e.DeviceFailed(21.0, "camera", "camera_silent"))
    assert entrance.phase is Phase.ADMITTING
    assert entrance.feed(e.PassageSeen(22.0)).phase is Phase.OUT_OF_SERVICE


def test_the_officer_can_admit_a_person_in_any_phase() -> None:
    out = at_camera().feed(e.DeviceFailed(25.0, "camera", "camera_silent"))
    for entrance in (ready(), at_thermometer(), at_camera(), at_camera().time_is_up(), out):
        entrance.feed(e.OfficerPressed(26.0))
        assert entrance.phase is Phase.ADMITTING
        assert entrance.visit.outcome is Outcome.ADMITTED_BY_OFFICER


def test_the_officer_can_stop_the_kiosk_and_start_it_again() -> None:
    entrance = in_chamber().feed(e.StopPressed(14.0))
    assert (entrance.phase, entrance.state.faults) == (Phase.OUT_OF_SERVICE, (("officer", "stopped_by_officer"),))
    assert c.StopSpray() in entrance.commands
    assert entrance.feed(e.DeviceRecovered(12.0, "camera")).phase is Phase.OUT_OF_SERVICE
    assert entrance.feed(e.OfficerPressed(13.0)).phase is Phase.IDLE
    assert entrance.state.faults == ()


def test_the_second_half_of_a_double_press_does_not_open_the_door() -> None:
    started = in_chamber().feed(e.StopPressed(14.0), e.OfficerPressed(15.0))
    reset = ready().feed(e.EmergencyRaised(10.0), e.EmergencyCleared(12.0), e.OfficerPressed(15.0))
    forced = ready().feed(e.DoorOpened(13.0, Door.BUILDING), e.DoorClosed(14.0, Door.BUILDING), e.OfficerPressed(15.0))
    for entrance in (started, reset, forced):
        assert entrance.feed(e.OfficerPressed(15.4)).phase is Phase.IDLE
        assert entrance.commands == ()
        assert entrance.feed(e.OfficerPressed(15.0 + SECOND_PRESS_S)).phase is Phase.ADMITTING


def test_a_stop_before_all_devices_answered_stays_in_effect() -> None:
    entrance = Entrance(ready().rules).feed(e.StopPressed(1.0))
    entrance.feed(*(e.DeviceRecovered(2.0, device) for device in DEVICES))
    assert entrance.phase is Phase.OUT_OF_SERVICE


def test_the_technician_takes_over_and_hands_back() -> None:
    entrance = at_camera().feed(e.ServiceKeyTurned(25.0, on=True))
    assert (entrance.phase, entrance.visit.outcome) == (Phase.MAINTENANCE, Outcome.INTERRUPTED)
    assert entrance.feed(e.CodeSeen(26.0, Payload(b""), 1)).phase is Phase.MAINTENANCE
    assert entrance.feed(e.ServiceKeyTurned(27.0, on=False)).phase is Phase.IDLE
    assert at_camera().feed(e.ServiceKeyTurned(25.0, on=False)).phase is Phase.SCANNING


def test_a_key_that_stays_on_is_reported_once_and_until_it_is_turned_off() -> None:
    entrance = at_camera().feed(e.ServiceKeyTurned(25.0, on=True))
    assert entrance.state.due_s == 25.0 + KEY_ON_S
    entrance.feed(e.DeviceFailed(30.0, "thermometer", "thermometer_silent"), e.DeviceRecovered(31.0, "thermometer"))
    entrance.feed(e.OfficerPressed(100.0)).time_is_up()
    assert (entrance.phase, entrance.state.due_s) == (Phase.MAINTENANCE, 25.0 + KEY_ON_S)
    entrance.falls_due()
    assert (entrance.phase, entrance.state.faults) == (Phase.MAINTENANCE, (("service", "service_key_on"),))
    assert entrance.state.due_s is None
    entrance.feed(e.OfficerPressed(KEY_ON_S + 100.0)).time_is_up()
    assert (entrance.state.faults, entrance.state.due_s) == ((("service", "service_key_on"),), None)
    assert entrance.feed(e.ServiceKeyTurned(KEY_ON_S + 200.0, on=False)).state.faults == ()
    assert entrance.phase is Phase.IDLE


def test_a_key_that_is_turned_off_in_time_is_not_reported() -> None:
    entrance = at_camera().feed(e.ServiceKeyTurned(25.0, on=True), e.ServiceKeyTurned(KEY_ON_S, on=False))
    assert (entrance.phase, entrance.state.faults, entrance.state.due_s) == (Phase.IDLE, (), entrance.state.deadline_s)
    assert entrance.feed(e.ServiceKeyTurned(KEY_ON_S + 1.0, on=True)).state.due_s == 2 * KEY_ON_S + 1.0


def test_a_door_that_is_forced_during_maintenance_is_reported() -> None:
    entrance = at_camera().feed(e.ServiceKeyTurned(25.0, on=True), e.DoorOpened(30.0, Door.BUILDING))
    assert entrance.state.faults == (("lock", "door_forced"),)
    left = at_camera().feed(e.ServiceKeyTurned(25.0, on=True), e.ExitRequested(29.0), e.DoorOpened(30.0, Door.BUILDING))
    assert left.state.faults == ()


def test_the_temperature_of_a_visitor_is_forgotten_with_the_visit() -> None:
    entrance = at_thermometer().read(36.6)
    assert entrance.visit.body_c == 36.6
    assert "36.6" not in repr(entrance.state)
    assert entrance.feed(e.PresenceLost(26.0)).visit.body_c is None


def test_a_stop_during_maintenance_or_an_emergency_takes_effect_afterwards() -> None:
    serviced = ready().feed(e.ServiceKeyTurned(10.0, on=True), e.StopPressed(11.0), e.ServiceKeyTurned(12.0, on=False))
    assert serviced.phase is Phase.OUT_OF_SERVICE
    emergency = ready().feed(
        e.EmergencyRaised(10.0), e.StopPressed(11.0), e.EmergencyCleared(12.0), e.OfficerPressed(13.0)
    )
    assert emergency.phase is Phase.OUT_OF_SERVICE


def test_the_emergency_releases_the_door_during_maintenance_too() -> None:
    entrance = ready().feed(e.ServiceKeyTurned(10.0, on=True), e.EmergencyRaised(11.0))
    assert entrance.phase is Phase.EMERGENCY
    assert c.ReleaseDoor() in entrance.commands


def test_an_emergency_that_stands_from_before_a_restart_releases_the_door() -> None:
    entrance = Entrance(ready().rules).feed(e.EmergencyStands(0.5))
    assert entrance.phase is Phase.EMERGENCY
    assert c.ReleaseDoor() in entrance.commands


def test_the_kiosk_is_not_ready_before_the_last_device_answered() -> None:
    first, last = sorted(DEVICES)
    entrance = Entrance(ready().rules).feed(e.DeviceRecovered(1.0, first))
    assert entrance.phase is Phase.STARTING
    assert entrance.feed(e.DeviceRecovered(2.0, last)).phase is Phase.IDLE


def test_the_acknowledgement_of_an_alarm_leaves_every_other_fault() -> None:
    display = e.DeviceFailed(10.0, "display", "display_silent")
    entrance = ready().feed(display, e.DoorOpened(30.0, Door.BUILDING), e.DoorClosed(31.0, Door.BUILDING))
    assert dict(entrance.state.faults) == {"display": "display_silent", "lock": "door_forced"}
    assert entrance.feed(e.OfficerPressed(40.0)).state.faults == (("display", "display_silent"),)


def test_an_unlocking_that_the_relay_refused_admits_nobody() -> None:
    entrance = ready().feed(e.OfficerPressed(10.0), e.UnlockRefused(10.1))
    assert (entrance.phase, entrance.visit.outcome) == (Phase.IDLE, Outcome.INTERRUPTED)
    assert c.LockDoor() in entrance.commands


def test_another_deadline_in_maintenance_reports_no_key() -> None:
    entrance = at_camera().feed(e.ServiceKeyTurned(25.0, on=True))
    for state in (
        entrance.state,
        replace(entrance.state, officer=replace(entrance.state.officer, key_alarm_at_s=None)),
    ):
        assert key_left_on(state, e.DeadlinePassed(KEY_ON_S), entrance.rules) == (state, ())


def test_devices_that_have_not_answered_are_named_with_cause_and_remedy() -> None:
    entrance = Entrance(ready().rules)
    assert unanswered_text(entrance.state).count("; ") >= 1
    assert "camera: the camera delivers no pictures" in unanswered_text(entrance.state)
    entrance.feed(e.DeviceFailed(0.5, "camera", "camera_missing"), e.DeviceRecovered(0.6, "thermometer"))
    assert "camera: the camera of the settings was not found" in unanswered_text(entrance.state)
    unknown = replace(entrance.state, unanswered=frozenset({"gate"}))
    assert unanswered_text(unknown) == "gate: does not answer"
    assert unanswered_text(replace(entrance.state, unanswered=frozenset())) == ""
