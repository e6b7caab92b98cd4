"""Makes the records for the journal from the steps of the flow.

A step gives at most one record of a decision (`record_of`), one of a passage (`passage_of`), and one of a spray that
was broken off (`spray_end_of`).

Rule 1: these functions are pure.
Rule 2: a record holds no temperature, payload, name or picture. Its texts are short words that the program chose.
Rule 3: a change of the phase alone makes no record, because memory cards wear out. Each record names the phase after
        the step.
Rule 4: *admitted* is not *went through*: each body that went through the building door makes a record of its own, and
        an admission on which nobody was seen to go through makes one when it is over.
Rule 5: the outcome of a visit is recorded once, with the step that decided it. If the officer overrules a referral, a
        second record follows.
"""

import re
from dataclasses import dataclass
from enum import Enum

from kiosk.flow.events import Event
from kiosk.flow.passages import count as count_body
from kiosk.flow.passages import is_unadmitted
from kiosk.flow.rules import Rules
from kiosk.flow.state import Outcome, State, Visit
from kiosk.model import Phase, Refer

WORD = re.compile(r"(?!.*[0-9]{8})[A-Za-z0-9_.:/=+ -]{0,64}")
"""Texts that may be stored, such as names of rules, schemes and devices. `WITHHELD` replaces any other text, and a text
with eight digits, which may be an identity number or a date of birth."""

WITHHELD = "withheld"

ADMITTED = frozenset({Outcome.ADMITTED, Outcome.ADMITTED_BY_OFFICER})


class RowKind(Enum):
    """The event that a record is about; the values are the words in the column `kind`."""

    STARTED = "started"
    STOPPED = "stopped"
    VISIT = "visit"
    EMERGENCY_RAISED = "emergency_raised"
    EMERGENCY_CLEARED = "emergency_cleared"
    EMERGENCY_RESET = "emergency_reset"
    OFFICER_STOPPED = "officer_stopped"
    OFFICER_STARTED = "officer_started"
    SERVICE_BEGUN = "service_begun"
    SERVICE_ENDED = "service_ended"
    FAULT_RAISED = "fault_raised"
    FAULT_CLEARED = "fault_cleared"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    SPRAY_BROKEN_OFF = "spray_broken_off"
    WENT_THROUGH = "went_through"
    ADMISSION_ENDED = "admission_ended"
    BUNDLE_SERVES = "bundle_serves"
    JOURNAL_REPLACED = "journal_replaced"
    ROWS_MISSED = "rows_missed"
    PART_TESTED = "part_tested"
    SETTINGS_MISTAKE = "settings_mistake"


EMERGENCIES = (RowKind.EMERGENCY_RAISED.value, RowKind.EMERGENCY_RESET.value)
"""The newest row of these kinds tells whether an emergency stands."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    at_s: monotonic seconds.
    phase: the phase after the step.
    visit, outcome: number and outcome of the visit whose outcome the step decided, otherwise None. They can be set in
        records of every kind, for example if an emergency interrupted a visit.
    reason: the reason of a referral, or the code of a fault.
    scheme: the kind of credential that was checked last.
    detail: the rule that decided, the device that failed, or the phase in which the visit ended early.
    """

    kind: RowKind
    at_s: float
    phase: Phase = Phase.STARTING
    visit: int | None = None
    outcome: Outcome | None = None
    reason: str = ""
    scheme: str = ""
    detail: str = ""

    @property
    def admits(self) -> bool:
        """True if the record admits a visitor. The door is unlocked only after its row is durable."""
        return self.outcome in ADMITTED


def started(at_s: float) -> Record:
    """Return the record of the start of the program."""
    return Record(RowKind.STARTED, at_s)


def stopped(at_s: float, how: str) -> Record:
    """Return the record of the end of the program; `how` is one word, for example "asked" or "crash"."""
    return Record(RowKind.STOPPED, at_s, detail=word(how))


def bundle_serves(at_s: float, version: int) -> Record:
    """Return the record that the kiosk is ready with this bundle; by it the office knows that the bundle is good."""
    return Record(RowKind.BUNDLE_SERVES, at_s, detail=str(version))


def settings_mistake(at_s: float, place: str) -> Record:
    """Return the record of a mistake in a refused settings file: its line, its column and the name of the setting."""
    return Record(RowKind.SETTINGS_MISTAKE, at_s, detail=word(place))


def rows_missed(newest: Record, count: int) -> Record:
    """Return a record that states that `count` records before `newest` are lost."""
    return Record(RowKind.ROWS_MISSED, newest.at_s, newest.phase, detail=str(count))


def correction_of(admission: Record, before: State) -> Record | None:
    """Return the record that corrects `admission`, whose row may be durable although nobody was admitted.

    The record has the true outcome of the visit. Return `None` while the visit is in progress: its end makes a record.
    """
    visit = before.visit
    if visit and visit.outcome is Outcome.OPEN:
        return None
    outcome = visit.outcome if visit else Outcome.INTERRUPTED
    return Record(RowKind.VISIT, admission.at_s, before.phase, admission.visit, outcome, detail="journal")


def record_of(before: State, event: Event, after: State) -> Record | None:
    """Return the record of the step from `before` to `after`, or `None` if there is nothing to record."""
    visit = _decided_visit(before, after)
    change = (
        _emergency_change(before, after)
        or _switch(before.officer.stopped, after.officer.stopped, RowKind.OFFICER_STOPPED, RowKind.OFFICER_STARTED)
        or _switch(before.officer.service_key, after.officer.service_key, RowKind.SERVICE_BEGUN, RowKind.SERVICE_ENDED)
        or _fault_change(before, after)
        or _service_change(before, after)
    )
    if visit is None:
        return Record(change[0], event.at_s, after.phase, reason=change[1], detail=change[2]) if change else None
    kind, reason, detail = change or (RowKind.VISIT, "", "")
    reason_of_visit, rule = _reason_and_detail(visit, before)
    scheme = word(visit.scheme)
    return Record(
        kind, event.at_s, after.phase, visit.number, visit.outcome, reason or reason_of_visit, scheme, detail or rule
    )


def passage_of(before: State, event: Event, after: State, rules: Rules) -> Record | None:
    """Return the record of a body that went through the building door, or of an admission that is over without one.

    WENT_THROUGH: `visit` is the visit on whose admission it was, or None; `detail` is the number of bodies on this
    admission so far; `reason` is the fault if the body had no admission of its own.
    ADMISSION_ENDED: `detail` is "nobody"; without a passage sensor, what the door showed ("door_opened",
    "door_not_opened") or "not_watched"; or why counting ended early ("emergency", "service").
    """
    was, now = before.passages, after.passages
    if now.counted > was.counted:
        seen = count_body(before)  # the event may have ended the admission, too
        reason = "passage_unadmitted" if is_unadmitted(seen, rules) else ""
        through = str(seen.through)
        return Record(RowKind.WENT_THROUGH, event.at_s, after.phase, was.admitted, reason=reason, detail=through)
    if was.admitted is None or was.admitted == now.admitted or was.through or not _was_admitted(was.admitted, after):
        return None
    detail = _end_of_admission(before, after, rules)
    return Record(RowKind.ADMISSION_ENDED, event.at_s, after.phase, was.admitted, detail=detail)


def spray_end_of(before: State, event: Event, after: State) -> Record | None:
    """Return the record of a spray that ended early, or None; `detail` is "treatment" or "visitor".

    A spray that ended with the visit makes none: the visit has a record.
    """
    if not before.sprayer_on or after.sprayer_on:
        return None
    treatment = before.visit is None and after.chamber.treatment_due
    visitor = after.phase is Phase.DISINFECTING and after.chamber.spray_left_s > 0
    if not treatment and not visitor:
        return None
    detail = "treatment" if treatment else "visitor"
    return Record(RowKind.SPRAY_BROKEN_OFF, event.at_s, after.phase, detail=detail)


def _was_admitted(visit: int, after: State) -> bool:
    """Return False if the relay did not unlock the door for this visit, which is known only after its admission."""
    ended = after.ended
    return not (ended and ended.number == visit and ended.outcome is Outcome.INTERRUPTED)


def _end_of_admission(before: State, after: State, rules: Rules) -> str:
    match after.phase:
        case Phase.EMERGENCY:
            return "emergency"
        case Phase.MAINTENANCE:
            return "service"
    if rules.has_passage:
        return "nobody"
    if rules.has_door_contact:
        return "door_opened" if before.doors.used else "door_not_opened"
    return "not_watched"


def word(text: str) -> str:
    """Return `text` if it may be stored, and `WITHHELD` otherwise."""
    return text if WORD.fullmatch(text) else WITHHELD


Change = tuple[RowKind, str, str]


def _decided_visit(before: State, after: State) -> Visit | None:
    """Return the visit whose outcome this step decided, or None."""
    known = {visit.number: visit.outcome for visit in (before.ended, before.visit) if visit}
    for visit in (after.visit, after.ended):
        if visit is None or visit.outcome is Outcome.OPEN:
            continue
        recorded = known.get(visit.number, Outcome.OPEN)
        overruled = recorded is Outcome.REFERRED and visit.outcome in ADMITTED
        refused = recorded in ADMITTED and visit.outcome is Outcome.INTERRUPTED  # the relay did not unlock the door
        if recorded is Outcome.OPEN or overruled or refused:
            return visit
    return None


def _reason_and_detail(visit: Visit, before: State) -> tuple[str, str]:
    """Return the reason and the detail of a visit's record."""
    if visit.outcome in (Outcome.LEFT, Outcome.INTERRUPTED):
        return "", before.phase.value
    verdict = visit.verdict
    reason = verdict.reason.value if isinstance(verdict, Refer) else ""
    return reason, word(verdict.rule) if verdict else ""


def _emergency_change(before: State, after: State) -> Change | None:
    if before.officer.emergency_input != after.officer.emergency_input:
        return (RowKind.EMERGENCY_RAISED if after.officer.emergency_input else RowKind.EMERGENCY_CLEARED), "", ""
    was, now = before.phase is Phase.EMERGENCY, after.phase is Phase.EMERGENCY
    return _switch(was, now, RowKind.EMERGENCY_RAISED, RowKind.EMERGENCY_RESET)


def _switch(was: bool, now: bool, turned_on: RowKind, turned_off: RowKind) -> Change | None:
    if was == now:
        return None
    return (turned_on if now else turned_off), "", ""


def _fault_change(before: State, after: State) -> Change | None:
    was, now = set(before.faults), set(after.faults)
    kind, changed = (RowKind.FAULT_RAISED, now - was) if now - was else (RowKind.FAULT_CLEARED, was - now)
    if not changed:
        return None
    devices, codes = zip(*sorted(changed), strict=True)
    return kind, word("+".join(codes)), word("+".join(devices))


def _service_change(before: State, after: State) -> Change | None:
    """Return the change if the kiosk goes out of service or comes back. An admission by the officer is neither."""
    if before.phase is not Phase.OUT_OF_SERVICE and after.phase is Phase.OUT_OF_SERVICE:
        return RowKind.OUT_OF_SERVICE, "", ""
    ready = before.phase in (Phase.OUT_OF_SERVICE, Phase.STARTING) and after.phase in (Phase.IDLE, Phase.DISINFECTING)
    return (RowKind.IN_SERVICE, "", "") if ready else None
