"""What is worth a row in the journal: one step of the machine makes one record or none.

Rule 1: pure. Rule 2: a record holds no temperature, payload, name or picture; its texts are short words of ours.
Rule 3: a change of phase alone is no record (a card wears out), but each record tells the phase it led to.
Rule 4: a visit's fate is told once, with the step that decided it; a referral that the officer overrules, twice.
"""

import re
from dataclasses import dataclass
from enum import Enum

from kiosk.flow.events import Event
from kiosk.flow.state import Outcome, State, Visit
from kiosk.model import Phase, Refer

WORD = re.compile(r"(?!.*[0-9]{8})[A-Za-z0-9_.:/=+ -]{0,64}")
"""A rule, scheme or device name that may be stored; anything else, and what may be a number of a person or a date of
birth, is `WITHHELD`."""

WITHHELD = "withheld"

ADMITTED = frozenset({Outcome.ADMITTED, Outcome.ADMITTED_BY_OFFICER})


class RowKind(Enum):
    """What a row of the journal tells."""

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
    JOURNAL_REPLACED = "journal_replaced"
    ROWS_MISSED = "rows_missed"


@dataclass(frozen=True, slots=True)
class Record:
    """One row.

    at_s: monotonic seconds. phase: where the entrance stands after it.
    visit, outcome: set where this row settles the fate of a visit; also beside another kind, as when an emergency
    interrupted it. reason: of a referral, or the fault code. scheme: kind of credential judged last.
    detail: the rule that decided, the device that failed, or the phase in which the visit broke off.
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
        """Whether the door waits for this row: then it is only true once it is durable."""
        return self.outcome in ADMITTED


def started(at_s: float) -> Record:
    """The program began."""
    return Record(RowKind.STARTED, at_s)


def stopped(at_s: float, how: str) -> Record:
    """The program ends; `how` is one word, as 'asked', 'crash'."""
    return Record(RowKind.STOPPED, at_s, detail=word(how))


def rows_missed(newest: Record, count: int) -> Record:
    """So many rows before `newest` were not taken."""
    return Record(RowKind.ROWS_MISSED, newest.at_s, newest.phase, detail=str(count))


def taken_back(admission: Record, before: State) -> Record | None:
    """What follows a row of an admission that did not happen after all, when it may be durable: how the visit stands.

    None where the visit of `before` is still open: what ended it then tells its fate.
    """
    visit = before.visit
    if visit and visit.outcome is Outcome.OPEN:
        return None
    outcome = visit.outcome if visit else Outcome.INTERRUPTED
    return Record(RowKind.VISIT, admission.at_s, before.phase, admission.visit, outcome, detail="journal")


def record_of(before: State, event: Event, after: State) -> Record | None:
    """The record of the step that `event` caused, or None when it is not worth a row."""
    visit = _settled(before, after)
    fact = _fact(before, after)
    if visit is None:
        return Record(fact[0], event.at_s, after.phase, reason=fact[1], detail=fact[2]) if fact else None
    kind, reason, detail = fact if fact and fact[0] is not RowKind.SPRAY_BROKEN_OFF else (RowKind.VISIT, "", "")
    why, rule = _why(visit, before)
    scheme = word(visit.scheme)
    return Record(kind, event.at_s, after.phase, visit.number, visit.outcome, reason or why, scheme, detail or rule)


def word(text: str) -> str:
    """`text` if it is a short word that may be stored."""
    return text if WORD.fullmatch(text) else WITHHELD


Fact = tuple[RowKind, str, str]


def _settled(before: State, after: State) -> Visit | None:
    """The visit whose fate this step decided, if any."""
    known = {visit.number: visit.outcome for visit in (before.ended, before.visit) if visit}
    for visit in (after.visit, after.ended):
        if visit is None or visit.outcome is Outcome.OPEN:
            continue
        told = known.get(visit.number, Outcome.OPEN)
        overruled = told is Outcome.REFERRED and visit.outcome in ADMITTED
        if told is Outcome.OPEN or overruled:
            return visit
    return None


def _why(visit: Visit, before: State) -> tuple[str, str]:
    """Reason and detail of a visit's row."""
    if visit.outcome in (Outcome.LEFT, Outcome.INTERRUPTED):
        return "", before.phase.value
    verdict = visit.verdict
    reason = verdict.reason.value if isinstance(verdict, Refer) else ""
    return reason, word(verdict.rule) if verdict else ""


def _fact(before: State, after: State) -> Fact | None:
    """The weightiest other thing that this step changed: kind, reason, detail."""
    return (
        _emergency(before, after)
        or _switch(before.officer.stopped, after.officer.stopped, RowKind.OFFICER_STOPPED, RowKind.OFFICER_STARTED)
        or _switch(before.officer.service_key, after.officer.service_key, RowKind.SERVICE_BEGUN, RowKind.SERVICE_ENDED)
        or _fault(before, after)
        or _service(before, after)
        or _spray(before, after)
    )


def _emergency(before: State, after: State) -> Fact | None:
    if before.officer.emergency_input != after.officer.emergency_input:
        return (RowKind.EMERGENCY_RAISED if after.officer.emergency_input else RowKind.EMERGENCY_CLEARED), "", ""
    was, now = before.phase is Phase.EMERGENCY, after.phase is Phase.EMERGENCY
    return _switch(was, now, RowKind.EMERGENCY_RAISED, RowKind.EMERGENCY_RESET)


def _switch(was: bool, now: bool, turned_on: RowKind, turned_off: RowKind) -> Fact | None:
    if was == now:
        return None
    return (turned_on if now else turned_off), "", ""


def _fault(before: State, after: State) -> Fact | None:
    was, now = set(before.faults), set(after.faults)
    kind, changed = (RowKind.FAULT_RAISED, now - was) if now - was else (RowKind.FAULT_CLEARED, was - now)
    if not changed:
        return None
    devices, codes = zip(*sorted(changed), strict=True)
    return kind, word("+".join(codes)), word("+".join(devices))


def _service(before: State, after: State) -> Fact | None:
    """Service ended, or began; an officer who lets somebody in meanwhile ends neither."""
    if before.phase is not Phase.OUT_OF_SERVICE and after.phase is Phase.OUT_OF_SERVICE:
        return RowKind.OUT_OF_SERVICE, "", ""
    ready = before.phase in (Phase.OUT_OF_SERVICE, Phase.STARTING) and after.phase in (Phase.IDLE, Phase.DISINFECTING)
    return (RowKind.IN_SERVICE, "", "") if ready else None


def _spray(before: State, after: State) -> Fact | None:
    if not before.sprayer_on or after.sprayer_on:
        return None
    treatment = before.visit is None and after.chamber.treatment_due
    visitor = after.phase is Phase.DISINFECTING and after.chamber.spray_left_s > 0
    return (RowKind.SPRAY_BROKEN_OFF, "", "treatment" if treatment else "visitor") if treatment or visitor else None
