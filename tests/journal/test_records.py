"""The records that the flow's events make for the journal."""

from dataclasses import fields, replace

import pytest

from kiosk.flow.events import (
    CodeSeen,
    CredentialChecked,
    DeadlinePassed,
    DeviceFailed,
    DeviceRecovered,
    DoorOpened,
    EmergencyCleared,
    EmergencyRaised,
    Event,
    ExitRequested,
    OfficerPressed,
    PassageSeen,
    PresenceLost,
    PresenceSeen,
    ServiceKeyTurned,
    SkipPressed,
    StopPressed,
    TemperatureRead,
)
from kiosk.flow.machine import step
from kiosk.flow.rules import Rules
from kiosk.flow.state import ChamberState, Outcome, Situation, State
from kiosk.journal.records import Record, RowKind, record_of, spray_end_of, started, stopped, word
from kiosk.model import ChamberWhen, Door, Pass, Payload, Phase, Reason, Refer, Step
from tests.flow.entrance import RULES as SITE

RULES = replace(SITE, sequence=(Step.CREDENTIAL,), essential=frozenset({"camera"}))
IDLE = State(Situation.IDLE)
CODE = CodeSeen(2.0, Payload(b"NIK 3216060101900001"), 1)


def records_of(events: list[Event], state: State = IDLE, rules: Rules = RULES) -> list[Record]:
    """Return the records of a run of the real machine."""
    records: list[Record | None] = []
    for event in events:
        after, _ = step(state, event, rules)
        records += record_of(state, event, after), spray_end_of(state, event, after)
        state = after
    return [record for record in records if record]


def checked(verdict: Pass | Refer, at_s: float = 3.0) -> CredentialChecked:
    return CredentialChecked(at_s, 1, 1, verdict, "site_pass")


ENTERS: list[Event] = [PresenceSeen(1.0), CODE, checked(Pass("ed25519:key-1"))]
REFERRED: list[Event] = [PresenceSeen(1.0), CODE, checked(Refer(Reason.EXPIRED, "exp"))]


def test_an_admitted_visit_makes_one_row_before_the_door_is_unlocked() -> None:
    row = Record(RowKind.VISIT, 3.0, Phase.ADMITTING, 1, Outcome.ADMITTED, "", "site_pass", "ed25519:key-1")
    assert records_of(ENTERS) == [row]
    assert records_of([*ENTERS, PassageSeen(4.0), PresenceLost(5.0)]) == [row]
    assert row.admits


def test_a_referred_visit_makes_one_row_with_its_reason() -> None:
    row = Record(RowKind.VISIT, 3.0, Phase.REFERRING, 1, Outcome.REFERRED, "expired", "site_pass", "exp")
    assert records_of([*REFERRED, PresenceLost(4.0)]) == [row]
    assert not row.admits


def test_an_overruled_referral_makes_a_second_row_with_the_reason() -> None:
    rows = records_of([*REFERRED, OfficerPressed(4.0), PassageSeen(5.0)])
    assert [(row.outcome, row.reason) for row in rows] == [
        (Outcome.REFERRED, "expired"),
        (Outcome.ADMITTED_BY_OFFICER, "expired"),
    ]
    assert rows[1].admits


def test_an_officer_can_admit_a_person_without_a_visit() -> None:
    (row,) = records_of([OfficerPressed(1.0), PassageSeen(2.0)])
    assert (row.kind, row.visit, row.outcome) == (RowKind.VISIT, 1, Outcome.ADMITTED_BY_OFFICER)


def test_a_visitor_who_leaves_makes_a_row_with_the_phase() -> None:
    (row,) = records_of([PresenceSeen(1.0), PresenceLost(2.0)])
    assert row == Record(RowKind.VISIT, 2.0, Phase.IDLE, 1, Outcome.LEFT, "", "", "scanning")


def test_an_emergency_row_names_the_interrupted_visit() -> None:
    rows = records_of([PresenceSeen(1.0), EmergencyRaised(2.0), EmergencyCleared(3.0), OfficerPressed(4.0)])
    assert [(row.kind, row.visit, row.outcome, row.phase) for row in rows] == [
        (RowKind.EMERGENCY_RAISED, 1, Outcome.INTERRUPTED, Phase.EMERGENCY),
        (RowKind.EMERGENCY_CLEARED, None, None, Phase.EMERGENCY),
        (RowKind.EMERGENCY_RESET, None, None, Phase.IDLE),
    ]


def test_an_emergency_during_a_passage_makes_no_second_row_of_the_visit() -> None:
    rows = records_of([*ENTERS, EmergencyRaised(4.0)])
    assert [(row.kind, row.visit) for row in rows] == [(RowKind.VISIT, 1), (RowKind.EMERGENCY_RAISED, None)]


def test_a_repeated_emergency_makes_one_row() -> None:
    assert len(records_of([EmergencyRaised(1.0), EmergencyRaised(2.0)])) == 1


def test_a_fault_row_has_the_device_the_code_and_the_visit() -> None:
    rows = records_of([PresenceSeen(1.0), DeviceFailed(2.0, "camera", "camera_silent"), DeviceRecovered(3.0, "camera")])
    assert rows == [
        Record(RowKind.FAULT_RAISED, 2.0, Phase.OUT_OF_SERVICE, 1, Outcome.INTERRUPTED, "camera_silent", "", "camera"),
        Record(RowKind.FAULT_CLEARED, 3.0, Phase.IDLE, None, None, "camera_silent", "", "camera"),
    ]


def test_a_lasting_fault_makes_one_row() -> None:
    failed = DeviceFailed(1.0, "camera", "camera_silent")
    assert len(records_of([failed, replace(failed, at_s=2.0)])) == 1


def test_stop_restart_and_the_service_key_make_rows() -> None:
    rows = records_of(
        [StopPressed(1.0), OfficerPressed(2.0), ServiceKeyTurned(3.0, True), ServiceKeyTurned(4.0, False)]
    )
    assert [row.kind for row in rows] == [
        RowKind.OFFICER_STOPPED,
        RowKind.OFFICER_STARTED,
        RowKind.SERVICE_BEGUN,
        RowKind.SERVICE_ENDED,
    ]


def test_the_row_of_the_start_of_service_follows_the_last_device() -> None:
    starting = State(unanswered=frozenset({"camera", "thermometer"}))
    rows = records_of([DeviceRecovered(1.0, "camera"), DeviceRecovered(2.0, "thermometer")], starting)
    assert rows == [Record(RowKind.IN_SERVICE, 2.0, Phase.IDLE)]


def test_a_forced_door_is_a_fault_of_the_lock_and_a_held_door_of_the_door() -> None:
    opened, late = DoorOpened(1.0, Door.BUILDING), DeadlinePassed(1.0 + RULES.open_alarm_s)
    assert records_of([opened, late]) == [
        Record(RowKind.FAULT_RAISED, 1.0, Phase.IDLE, None, None, "door_forced", "", "lock"),
        Record(RowKind.FAULT_RAISED, 21.0, Phase.IDLE, None, None, "door_held_open", "", "door"),
    ]


EMPTY = replace(SITE, sequence=(Step.DISINFECT, Step.CREDENTIAL), chamber_when=ChamberWhen.EMPTY)
TREATING = State(Situation.TREATING, deadline_s=5.0, chamber=ChamberState(treatment_due=True))


@pytest.mark.parametrize("event", [DoorOpened(1.0, Door.STREET), PresenceSeen(1.0)])
def test_an_interrupted_treatment_makes_a_row(event: Event) -> None:
    (row,) = records_of([event], TREATING, EMPTY)
    assert (row.kind, row.detail) == (RowKind.SPRAY_BROKEN_OFF, "treatment")


def test_a_complete_treatment_makes_no_row() -> None:
    assert records_of([DeadlinePassed(5.0)], TREATING, EMPTY) == []


OCCUPIED = replace(SITE, sequence=(Step.DISINFECT, Step.CREDENTIAL), chamber_when=ChamberWhen.OCCUPIED)


def test_a_spray_on_a_visitor_that_a_door_interrupts_makes_a_row() -> None:
    opened = (ExitRequested(4.2), DoorOpened(4.5, Door.BUILDING))
    (row,) = records_of([PresenceSeen(1.0), DeadlinePassed(4.0), *opened], rules=OCCUPIED)
    assert (row.kind, row.detail, row.visit) == (RowKind.SPRAY_BROKEN_OFF, "visitor", None)


def test_a_forced_door_that_interrupts_a_spray_makes_two_rows() -> None:
    forced = DoorOpened(4.5, Door.BUILDING)
    alarm, spray = records_of([PresenceSeen(1.0), DeadlinePassed(4.0), forced], rules=OCCUPIED)
    assert (alarm.kind, alarm.reason) == (RowKind.FAULT_RAISED, "door_forced")
    assert (spray.kind, spray.detail) == (RowKind.SPRAY_BROKEN_OFF, "visitor")
    treatment = records_of([forced], TREATING, EMPTY)
    assert [row.kind for row in treatment] == [RowKind.FAULT_RAISED, RowKind.SPRAY_BROKEN_OFF]


def test_a_visit_that_the_street_door_voids_makes_a_row() -> None:
    (row,) = records_of([PresenceSeen(1.0), DeadlinePassed(4.0), DoorOpened(4.5, Door.STREET)], rules=OCCUPIED)
    assert (row.kind, row.outcome, row.detail, row.visit) == (RowKind.VISIT, Outcome.INTERRUPTED, "disinfecting", 1)


def test_a_visitor_who_declines_the_spray_makes_a_row_with_that_reason() -> None:
    (row,) = records_of([PresenceSeen(1.0), SkipPressed(2.0)], rules=OCCUPIED)
    assert (row.kind, row.outcome, row.reason) == (RowKind.VISIT, Outcome.REFERRED, "skipped_step")


def test_a_change_of_phase_makes_no_row() -> None:
    assert records_of([PresenceSeen(1.0), CODE]) == []


def test_no_temperature_and_no_payload_reaches_a_record() -> None:
    rules = replace(SITE, sequence=(Step.TEMPERATURE, Step.CREDENTIAL))
    reading = TemperatureRead(2.0, 1, 1, 36.4567, 34.4567, 25.0)
    judged = CredentialChecked(4.0, 1, 2, Refer(Reason.EXPIRED, "NIK 3216060101900001"), "site_pass")
    rows = records_of([PresenceSeen(1.0), reading, CODE, judged], rules=rules)
    assert [row.detail for row in rows] == ["withheld"]
    assert not any(figure in repr(rows) for figure in ("36.4", "34.4", "3216060101900001"))


def test_only_short_words_are_stored() -> None:
    assert word("exp") == "exp"
    assert word("chamber door open") == "chamber door open"
    assert word("x" * 65) == "withheld"
    assert word("a\nb") == "withheld"
    assert word("born 19900101") == "withheld"


def test_the_start_and_the_end_of_the_program_make_rows() -> None:
    assert started(1.0) == Record(RowKind.STARTED, 1.0)
    assert stopped(2.0, "asked") == Record(RowKind.STOPPED, 2.0, detail="asked")


def test_a_record_has_no_other_fields() -> None:
    names = ["kind", "at_s", "phase", "visit", "outcome", "reason", "scheme", "detail"]
    assert [field.name for field in fields(Record)] == names
