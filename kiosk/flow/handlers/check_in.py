"""The venue's one-time code beside the camera: the visitor scans it with a phone, and the server tells the result.

Rule 1: an event of the venue's server counts only for the newest request for codes, while its result is awaited.
Rule 2: each result ends its request. A visitor who may try again gets a new request with new codes.
Rule 3: a code that the visitor shows to the camera serves as well. While it is checked, the venue's refusal is ignored.
Rule 4: without an event of the server, the step is what it is without the venue's code.
Rule 5: a phone that opened the code, or a result, before the screen showed the code does not count: no visitor can
        have scanned it. Its request ends, and the visitor gets another code.
"""

from dataclasses import replace

from kiosk.flow.commands import StopCheckIn
from kiosk.flow.events import CheckInAnswered, CheckInScanned, CheckInShown
from kiosk.flow.handlers.visiting import judged
from kiosk.flow.questions import visit_of
from kiosk.flow.rules import Rules
from kiosk.flow.state import Situation, State
from kiosk.flow.transitions import SHOWS_VENUE_CODE, Transition, without_offer
from kiosk.model import Pass

CONTINUE_ON_PHONE = "continue_on_phone"
"""The notice that tells the visitor to decide on the phone; a key of `display.keys.HINTS`."""

SCHEME = "check_in"
"""The kind of credential in the journal."""


def shown(state: State, event: CheckInShown, _rules: Rules) -> Transition:
    """There is a code to show, a newer one, or none any more."""
    if not is_awaited(state, event):
        return state, ()
    notice = visit_of(state).notice
    visit = replace(visit_of(state), notice="" if notice == CONTINUE_ON_PHONE else notice)
    seen = state.check_in.seen or (bool(event.code) and state.situation in SHOWS_VENUE_CODE)
    return replace(state, visit=visit, check_in=replace(state.check_in, code=event.code, seen=seen, scanned=False)), ()


def scanned(state: State, event: CheckInScanned, rules: Rules) -> Transition:
    """A phone opened the code: hide it, and give the visitor time to decide, once in a visit."""
    if not is_awaited(state, event) or state.check_in.scanned:
        return state, ()
    if not state.check_in.seen:  # neither that phone's result nor a used code is of any use
        return replace(state, check_in=without_offer(state.check_in)), (StopCheckIn(),)
    visit, deadline_s, decides_until_s = visit_of(state), state.deadline_s, event.at_s + rules.agree_s
    if not visit.agreeing:
        if visit.scan_deadline_s is not None:
            visit = replace(visit, scan_deadline_s=max(visit.scan_deadline_s, decides_until_s))
        if state.situation is Situation.SECOND_TRY:  # the referral lasts at least until the decision
            deadline_s = max(deadline_s or 0.0, decides_until_s)
    if state.situation is Situation.SCANNING:
        deadline_s = visit.scan_deadline_s
    if state.situation in SHOWS_VENUE_CODE:
        visit = replace(visit, notice=CONTINUE_ON_PHONE)
    check_in = replace(state.check_in, code="", scanned=True)
    return replace(state, visit=replace(visit, agreeing=True), deadline_s=deadline_s, check_in=check_in), ()


def answered(state: State, event: CheckInAnswered, rules: Rules) -> Transition:
    """The venue's server tells the result."""
    if not is_awaited(state, event):
        return state, ()
    seen, visit = state.check_in.seen, visit_of(state)
    state = replace(state, check_in=without_offer(state.check_in))
    if not seen or (visit.checking and not isinstance(event.verdict, Pass)):
        return state, ()
    known = replace(state, visit=replace(visit, mark=None))  # the result is about no credential shown before
    return judged(known, event.verdict, SCHEME, event.at_s, rules)


def is_awaited(state: State, event: CheckInShown | CheckInScanned | CheckInAnswered) -> bool:
    """Return True if `event` belongs to the newest request for codes of this visit, and its result is awaited."""
    awaited = state.check_in.open and event.request == state.check_in.request
    return awaited and state.visit is not None and event.visit == state.visit.number
