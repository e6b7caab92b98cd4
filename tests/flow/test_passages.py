"""People who go through the building door are counted, and each one who has no admission of their own is reported."""

from dataclasses import replace

import pytest

from kiosk.flow import commands as c
from kiosk.flow import events as e
from kiosk.flow.machine import step
from kiosk.flow.passages import BEHIND_DOOR_S, EXIT_S, FOLLOW_S, FREED_S
from kiosk.flow.rules import Rules
from kiosk.flow.state import Outcome
from kiosk.journal.records import Record, RowKind, passage_of
from kiosk.model import Door, Mark, Pass, Payload, Phase, Reason, Refer, Signal, Step
from tests.flow.entrance import RULES, Entrance, ready
from tests.flow.test_bodies import admitted
from tests.flow.test_visits import at_camera, at_thermometer

UNADMITTED = ("passage", "passage_unadmitted")
NO_CONTACT = replace(RULES, has_door_contact=False)
PASSAGE = e.PassageSeen


def opens(at_s: float) -> e.DoorOpened:
    return e.DoorOpened(at_s, Door.BUILDING)


def shuts(at_s: float) -> e.DoorClosed:
    return e.DoorClosed(at_s, Door.BUILDING)


def rows(entrance: Entrance, *events: e.Event) -> list[tuple[RowKind, int | None, str, str]]:
    """Feed `events` and return kind, visit, reason and detail of the records of passages."""
    records: list[Record | None] = []
    for event in events:
        after, _ = step(entrance.state, event, entrance.rules)
        records.append(passage_of(entrance.state, event, after, entrance.rules))
        entrance.feed(event)
    return [(record.kind, record.visit, record.reason, record.detail) for record in records if record]


def through(visit: int | None, detail: str, reason: str = "") -> tuple[RowKind, int | None, str, str]:
    return RowKind.WENT_THROUGH, visit, reason, detail


def over(detail: str) -> tuple[RowKind, int | None, str, str]:
    return RowKind.ADMISSION_ENDED, 1, "", detail


def test_the_visitor_who_goes_through_is_one_row_and_no_alarm() -> None:
    entrance = admitted()
    assert rows(entrance, opens(31.0), PASSAGE(31.5), shuts(33.0), e.DeadlinePassed(35.0)) == [through(1, "1")]
    assert (entrance.state.faults, entrance.state.passages.admitted) == ((), None)


def test_a_second_body_on_an_admission_is_an_alarm_at_once() -> None:
    entrance = admitted().feed(opens(31.0), PASSAGE(31.5))
    entrance.feed(PASSAGE(32.5))
    assert entrance.state.faults == (UNADMITTED,)
    assert entrance.commands == (c.Indicate(Signal.FAULT),)
    assert rows(entrance, PASSAGE(33.0), shuts(34.0)) == [through(1, "3", "passage_unadmitted")]


def test_the_alarm_of_a_second_body_stays_until_the_officer_acknowledges_it() -> None:
    entrance = admitted().feed(opens(31.0), PASSAGE(31.5), PASSAGE(32.5), shuts(33.0), e.PresenceLost(34.0))
    entrance.feed(e.ServiceKeyTurned(40.0, on=True), e.ServiceKeyTurned(41.0, on=False))
    assert entrance.state.faults == (UNADMITTED,)
    entrance.feed(e.OfficerPressed(50.0))
    assert (entrance.state.faults, entrance.phase) == ((), Phase.IDLE)


def test_a_second_body_is_seen_while_the_next_visit_runs() -> None:
    entrance = admitted().feed(opens(31.0), PASSAGE(31.5)).time_is_up()
    assert entrance.visit.number == 2
    assert rows(entrance, PASSAGE(60.0)) == [through(1, "2", "passage_unadmitted")]


def test_the_officers_admission_is_for_one_body_too() -> None:
    entrance = ready().feed(e.OfficerPressed(10.0), opens(11.0), PASSAGE(11.5))
    assert entrance.state.faults == ()
    assert entrance.feed(PASSAGE(12.0)).state.faults == (UNADMITTED,)


def test_a_visitor_whose_time_ends_in_the_doorway_went_through_on_the_own_admission() -> None:
    entrance = admitted()
    assert rows(entrance, opens(34.9), e.DeadlinePassed(35.0), PASSAGE(35.5)) == [through(1, "1")]
    assert entrance.state.faults == ()


@pytest.mark.parametrize(("late_s", "alarm"), [(BEHIND_DOOR_S - 0.1, False), (BEHIND_DOOR_S + 0.1, True)])
def test_a_sensor_some_steps_behind_the_door_counts_for_the_admission(late_s: float, alarm: bool) -> None:
    entrance = admitted().feed(opens(31.0), shuts(33.0))
    while entrance.state.due_s is not None and entrance.state.due_s < 33.0 + late_s:
        entrance.falls_due()
    assert (UNADMITTED in entrance.feed(PASSAGE(33.0 + late_s)).state.faults) is alarm


@pytest.mark.parametrize(("late_s", "reason"), [(FOLLOW_S - 0.1, "1 2"), (FOLLOW_S + 0.1, "None 0")])
def test_without_a_door_contact_somebody_who_follows_later_has_no_admission(late_s: float, reason: str) -> None:
    entrance = admitted(NO_CONTACT).feed(PASSAGE(31.0))
    entrance.feed(e.DeadlinePassed(31.0 + late_s))
    ((_, visit, _, detail),) = rows(entrance, PASSAGE(31.0 + late_s))
    assert f"{visit} {detail}" == reason
    assert UNADMITTED in entrance.state.faults


def test_a_door_that_stays_open_keeps_counting_for_the_admission() -> None:
    entrance = admitted().feed(opens(31.0), PASSAGE(31.5), e.PresenceLost(32.0))
    assert rows(entrance, PASSAGE(90.0)) == [through(1, "2", "passage_unadmitted")]


def test_a_visitor_who_holds_the_door_as_it_is_locked_may_take_some_seconds_to_go_through() -> None:
    entrance = admitted().feed(e.DeadlinePassed(35.0), opens(35.0 + BEHIND_DOOR_S - 0.1), e.DeadlinePassed(38.0))
    assert rows(entrance, PASSAGE(42.0), shuts(44.0), e.DeadlinePassed(46.0)) == [through(1, "1")]
    assert (entrance.state.faults, entrance.state.passages.admitted) == ((), None)


def test_somebody_who_goes_through_the_locked_door_is_reported() -> None:
    entrance = ready()
    assert rows(entrance, PASSAGE(10.0)) == [through(None, "0", "passage_unadmitted")]
    leaving_unseen = ready(replace(RULES, reports_forced=False))
    assert rows(leaving_unseen, PASSAGE(10.0)) == [through(None, "0")]
    assert leaving_unseen.state.faults == ()


# people who come out


def test_somebody_who_comes_out_is_neither_counted_nor_taken_for_the_visitor() -> None:
    entrance = admitted()
    assert rows(entrance, e.ExitRequested(30.5), opens(31.0), PASSAGE(31.5)) == []
    assert entrance.phase is Phase.ADMITTING
    assert entrance.feed(shuts(33.0)).phase is Phase.ADMITTING, "the visitor has not used the door yet"
    assert rows(entrance, opens(33.5), PASSAGE(34.0)) == [through(1, "1")]
    assert entrance.state.faults == ()


def test_an_admission_lets_one_body_in_while_another_comes_out() -> None:
    entrance = admitted().feed(e.ExitRequested(30.5), opens(31.0))
    assert rows(entrance, PASSAGE(31.5), PASSAGE(32.0), PASSAGE(32.5)) == [
        through(1, "1"),
        through(1, "2", "passage_unadmitted"),
    ]


def test_a_group_that_comes_out_by_one_request_is_not_counted() -> None:
    entrance = ready().feed(e.ExitRequested(10.0), opens(11.0))
    assert rows(entrance, PASSAGE(12.0), PASSAGE(13.0), PASSAGE(40.0)) == []
    entrance.feed(shuts(41.0))
    assert rows(entrance, PASSAGE(42.0)) == [through(None, "0", "passage_unadmitted")]


def test_without_a_door_contact_a_request_to_come_out_explains_passages_for_a_while() -> None:
    entrance = ready(NO_CONTACT).feed(e.ExitRequested(10.0))
    assert rows(entrance, PASSAGE(11.0), PASSAGE(10.0 + EXIT_S)) == []
    assert rows(entrance, PASSAGE(10.1 + EXIT_S)) == [through(None, "0", "passage_unadmitted")]


# times in which nobody is counted


@pytest.mark.parametrize(
    ("into", "out_of", "detail"),
    [
        ([e.EmergencyRaised(31.0)], [e.EmergencyCleared(40.0), e.OfficerPressed(41.0)], "emergency"),
        ([e.ServiceKeyTurned(31.0, on=True)], [e.ServiceKeyTurned(41.0, on=False)], "service"),
    ],
)
def test_nobody_is_counted_in_an_emergency_or_maintenance(
    into: list[e.Event], out_of: list[e.Event], detail: str
) -> None:
    entrance = admitted()
    assert rows(entrance, *into) == [over(detail)]
    assert rows(entrance, opens(32.0), PASSAGE(33.0), PASSAGE(34.0), *out_of) == []
    assert rows(entrance, PASSAGE(60.0), shuts(61.0)) == [], "they were on their way when it ended"
    assert rows(entrance, PASSAGE(64.0)) == [through(None, "0", "passage_unadmitted")]


def test_somebody_in_the_doorway_when_the_program_starts_is_not_counted() -> None:
    entrance = Entrance(NO_CONTACT)
    assert rows(entrance, PASSAGE(0.5)) == []
    ready_at_s = 1.0
    entrance.feed(*(e.DeviceRecovered(ready_at_s, device) for device in sorted(RULES.essential)))
    assert rows(entrance, PASSAGE(ready_at_s + FREED_S)) == []
    assert rows(entrance, PASSAGE(ready_at_s + FREED_S + 0.1)) == [through(None, "0", "passage_unadmitted")]


# an admission on which nobody goes through


@pytest.mark.parametrize(
    ("rules", "used", "detail"),
    [
        (RULES, True, "nobody"),
        (NO_CONTACT, False, "nobody"),
        (replace(RULES, has_passage=False), True, "door_opened"),
        (replace(RULES, has_passage=False), False, "door_not_opened"),
        (replace(NO_CONTACT, has_passage=False), False, "not_watched"),
    ],
)
def test_an_admission_without_a_passage_ends_with_a_row_of_what_was_seen(rules: Rules, used: bool, detail: str) -> None:
    entrance = admitted(rules)
    door: list[e.Event] = [opens(31.0), shuts(33.0)] if used else []
    found = rows(entrance, *door, e.DeadlinePassed(35.0), e.DeadlinePassed(35.0 + FOLLOW_S))
    assert found == [over(detail)]


def test_the_next_admission_ends_the_last_one() -> None:
    entrance = admitted().feed(opens(31.0), e.DeadlinePassed(35.0))
    assert rows(entrance, e.OfficerPressed(36.0)) == [over("nobody")]
    assert rows(entrance, PASSAGE(37.0)) == [through(2, "1")]


def test_an_admission_that_the_relay_refused_has_no_row_of_its_end() -> None:
    entrance = admitted()
    assert rows(entrance, e.UnlockRefused(30.1)) == []
    assert entrance.visit.outcome is Outcome.INTERRUPTED
    assert rows(entrance, e.DeadlinePassed(90.0)) == []


def test_a_shut_street_door_changes_no_passage() -> None:
    entrance = at_camera().feed(e.DoorClosed(22.0, Door.STREET))
    assert entrance.state.passages == at_camera().state.passages


# the credential of an admission


MARK = Mark(b"a mark")
SCAN_ONLY = replace(RULES, sequence=(Step.CREDENTIAL,))


def admitted_with_mark(rules: Rules = SCAN_ONLY) -> Entrance:
    """A visitor with a credential that can be known again is admitted at 12 s, for 5 s."""
    entrance = ready(rules).feed(e.PresenceSeen(10.0), e.CodeSeen(11.0, Payload(b""), 1))
    return entrance.feed(e.CredentialChecked(12.0, 1, entrance.state.request, Pass(), "site_pass", MARK))


def uses(entrance: Entrance, *events: e.Event) -> list[int]:
    """Feed `events` and return the numbers of those that used the credential up."""
    return [number for number, event in enumerate(events) if c.UseUp(MARK) in entrance.feed(event).commands]


NO_SENSOR = replace(SCAN_ONLY, has_passage=False)
UNWATCHED = replace(NO_SENSOR, has_door_contact=False)
IN = (opens(13.0), PASSAGE(13.5), PASSAGE(14.0), shuts(15.0), e.DeadlinePassed(99.0))


@pytest.mark.parametrize(
    ("rules", "events", "used_at"),
    [
        (SCAN_ONLY, IN, [1]),
        (SCAN_ONLY, (opens(16.9), e.DeadlinePassed(17.0), PASSAGE(17.5)), [2]),
        (SCAN_ONLY, (opens(13.0), shuts(14.0), e.DeadlinePassed(99.0)), []),
        (SCAN_ONLY, (e.DeadlinePassed(17.0), e.DeadlinePassed(99.0)), []),
        (SCAN_ONLY, (e.ExitRequested(12.5), opens(13.0), PASSAGE(13.5), PASSAGE(14.0)), [3]),
        (NO_SENSOR, (opens(13.0), shuts(14.0)), [0]),
        (NO_SENSOR, (e.ExitRequested(12.5), opens(13.0)), []),
        (NO_SENSOR, (e.DeadlinePassed(17.0),), []),
        (UNWATCHED, (e.DeadlinePassed(17.0),), [0]),
    ],
)
def test_a_credential_is_used_up_by_the_first_sign_of_the_passage_and_once(
    rules: Rules, events: tuple[e.Event, ...], used_at: list[int]
) -> None:
    assert uses(admitted_with_mark(rules), *events) == used_at


@pytest.mark.parametrize("rules", [SCAN_ONLY, NO_SENSOR, UNWATCHED])
@pytest.mark.parametrize(
    "ends",
    [
        e.UnlockRefused(12.1),
        e.DoorOpened(13.0, Door.STREET),
        e.EmergencyRaised(13.0),
        e.StopPressed(13.0),
        e.ServiceKeyTurned(13.0, on=True),
    ],
)
def test_an_admission_that_ends_before_anybody_went_in_uses_nothing_up(rules: Rules, ends: e.Event) -> None:
    entrance = admitted_with_mark(rules)
    assert uses(entrance, ends, e.DeadlinePassed(99.0)) == []


def test_an_admission_by_the_officer_uses_no_credential() -> None:
    entrance = ready(SCAN_ONLY).feed(e.PresenceSeen(10.0), e.CodeSeen(11.0, Payload(b""), 1))
    used = Refer(Reason.ALREADY_USED)
    entrance.feed(e.CredentialChecked(12.0, 1, entrance.state.request, used, "site_pass", MARK))
    assert entrance.phase is Phase.REFERRING
    assert uses(entrance, e.OfficerPressed(13.0), opens(14.0), PASSAGE(14.5)) == []


def test_a_referral_for_fever_is_remembered_with_the_credential_of_the_visit() -> None:
    rules = replace(RULES, sequence=(Step.CREDENTIAL, Step.TEMPERATURE))
    entrance = ready(rules).feed(e.PresenceSeen(10.0), e.CodeSeen(11.0, Payload(b""), 1))
    entrance.feed(e.CredentialChecked(12.0, 1, entrance.state.request, Pass(), "site_pass", MARK))
    assert c.RememberFever(MARK) not in entrance.read(38.0).commands
    assert c.RememberFever(MARK) in entrance.time_is_up().read(38.0).commands
    assert entrance.phase is Phase.REFERRING
    without_code = at_thermometer().read(38.0).time_is_up().read(38.0)
    assert without_code.visit.verdict == Refer(Reason.FEVER, "temperature.high_c")
    assert not any(isinstance(command, c.RememberFever) for command in without_code.commands)


def test_a_fever_is_remembered_with_a_credential_whose_verdict_comes_too_late_to_count() -> None:
    entrance = at_thermometer().feed(e.CodeSeen(21.0, Payload(b""), 1))
    verdict = e.CredentialChecked(30.0, 1, entrance.visit.checking, Pass(), "site_pass", MARK)
    entrance.feed(e.DeadlinePassed(21.0 + RULES.check_s))
    assert (entrance.feed(verdict).visit.ahead.verdict, entrance.visit.checking) == (None, 0)
    assert c.RememberFever(MARK) in entrance.read(38.0, 31.0).time_is_up().read(38.0, 70.0).commands


@pytest.mark.parametrize("leaves", [(), (e.PresenceLost(80.0), e.PresenceSeen(85.0))])
def test_a_fever_is_remembered_with_a_credential_that_is_judged_after_the_referral(leaves: tuple[e.Event, ...]) -> None:
    entrance = at_thermometer().read(38.0).time_is_up().feed(e.CodeSeen(55.0, Payload(b""), 1))
    verdict = e.CredentialChecked(90.0, 1, entrance.visit.checking, Pass(), "site_pass", MARK)
    entrance.read(38.0, 58.0).feed(*leaves)
    before = entrance.situation
    assert entrance.feed(verdict).commands == (c.RememberFever(MARK),)
    assert entrance.situation is before
    assert entrance.feed(replace(verdict, visit=2)).commands == ()


def test_the_mark_of_a_voided_visit_is_forgotten() -> None:
    rules = replace(RULES, sequence=(Step.CREDENTIAL, Step.TEMPERATURE))
    entrance = ready(rules).feed(e.PresenceSeen(10.0), e.CodeSeen(11.0, Payload(b""), 1))
    entrance.feed(e.CredentialChecked(12.0, 1, entrance.state.request, Pass(), "site_pass", MARK))
    entrance.feed(e.DoorOpened(13.0, Door.STREET), e.DoorClosed(14.0, Door.STREET))
    assert (entrance.visit.number, entrance.visit.mark) == (2, None)


def test_only_a_referral_for_fever_is_remembered() -> None:
    entrance = ready(SCAN_ONLY).feed(e.PresenceSeen(10.0), e.CodeSeen(11.0, Payload(b""), 1))
    forged = Refer(Reason.BAD_SIGNATURE)
    entrance.feed(e.CredentialChecked(12.0, 1, entrance.state.request, forged, "site_pass", MARK))
    assert entrance.phase is Phase.REFERRING
    assert not any(isinstance(command, c.RememberFever) for command in entrance.commands)


def test_a_body_that_the_officer_admits_while_the_kiosk_starts_goes_through_on_that_admission() -> None:
    entrance = Entrance(RULES).feed(e.PresenceSeen(1.0), e.OfficerPressed(2.0))
    assert rows(entrance, opens(3.0), PASSAGE(3.4)) == [through(1, "1")]
    assert entrance.state.faults == ()
