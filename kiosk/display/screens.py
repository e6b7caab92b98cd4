"""Pure functions from a state to a screen: what the visitor sees in each situation, as keys of the texts.

Rule 1: a screen gives one instruction, and may have a notice that says what the visitor should change.
Rule 2: a referral is private. From a distance all referrals look alike: amber, never red, with the place to go in large
        letters and the reason in small ones. The voice does not say the reason.
Rule 3: the temperature belongs to the visitor. Only the screens of this visit show it, and a referral shows it only if
        its reason is the temperature.
Rule 4: two screens are equal if nothing changed for the visitor. A countdown therefore has the time of its end and not
        the seconds that are left.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kiosk.display import keys
from kiosk.display.looks import AGAIN, ANSWERS, APP_HELPS, LEAVE, LOOKS, PRIVACY, SILENT_FAULTS, SKIP, SOON_S, Tone
from kiosk.display.progress import Countdown, StepMark, marks
from kiosk.flow.handlers.steps import OFTEN
from kiosk.flow.questions import FOR_THE_TECHNICIAN, NEED_ATTENTION, asks_again, blocked, is_proven
from kiosk.flow.rules import Rules
from kiosk.flow.state import Situation, State
from kiosk.model import Door, Phase, Reason, Refer, Step


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen. Every text is given by its key; for an empty key, no text is shown.

    notice: the text that says what the visitor should change, for example "hold still".
    aside: the text that offers another way to continue, for example to skip the spray.
    place: the text that says where to go after a referral.
    voice: the keys of the texts that are read aloud, in this order.
    body_c: the visitor's own temperature in degrees Celsius.
    referral: the reason of the referral; the screen shows the place that the settings have for it.
    preview: True if the live picture is shown.
    venue_code: the venue's one-time code, which a phone scans from the screen.
    read: True if a code was just read; the frame of the live picture is then green and empty.
    footnote: the text in small letters below all others.
    offers_app: True if the screen shows from where a phone downloads the app.
    fault: a key of `faults.FAULTS`.
    test: the number on the technician's test picture; "" on every other screen.
    """

    phase: Phase
    tone: Tone
    icon: str
    headline: str
    instruction: str
    notice: str = ""
    aside: str = ""
    place: str = ""
    voice: tuple[str, ...] = ()
    countdown: Countdown | None = None
    marks: tuple[StepMark, ...] = ()
    body_c: float | None = field(default=None, repr=False)
    referral: Reason | None = None
    preview: bool = False
    venue_code: str = field(default="", repr=False)
    read: bool = False
    footnote: str = ""
    offers_app: bool = False
    fault: str = ""
    test: str = ""


REFUSED = "officer.shut_street_door"


SECOND_TRY, TRY_AGAIN = "second_try", "try_again"


def starting_screen() -> Screen:
    """Return the screen that is shown while the kiosk starts."""
    return _scene(State(), "starting")


def screen_of(state: State, rules: Rules, can_skip: bool = False) -> Screen:
    """Return the screen of `state`. `can_skip`: True if the booth has the button with which a visitor declines."""
    is_late = state.phase is Phase.STARTING and blocked(state, rules)
    build = _out_of_service if is_late else _BUILDERS.get(state.situation)
    screen = build(state, rules) if build else _scene(state, state.phase.value)
    if state.officer.refused:
        screen = replace(screen, notice=REFUSED, voice=(REFUSED,))
    if screen.aside == SKIP and not can_skip:
        screen = replace(screen, aside=LEAVE, voice=tuple(LEAVE if key == SKIP else key for key in screen.voice))
    return screen


def _idle(state: State, rules: Rules) -> Screen:
    steps = rules.visitor_steps
    if not rules.has_presence and Step.CREDENTIAL in steps:
        invitation = "idle.code"
    elif steps[:1] == (Step.DISINFECT,):
        invitation = "idle.chamber"
    else:
        invitation = "idle.closer"
    scans = Step.CREDENTIAL in steps
    screen = replace(_scene(state, "idle"), instruction=invitation, marks=marks(state, rules))
    screen = replace(screen, footnote=PRIVACY if scans or Step.TEMPERATURE in steps else "", offers_app=scans)
    if state.presence.seen and Door.STREET in state.doors.opened:
        notice = "idle.begin_again" if state.presence.voided else "idle.shut_street_door"
        return replace(screen, notice=notice, voice=(notice,))
    if is_proven(state):  # somebody stands there and is not asked to step in
        wait = "idle.stayed" if state.presence.stayed else "idle.soon"
        screen = replace(screen, instruction=wait, voice=(wait,) if state.presence.stayed else ())
    fault = next((fault for device, fault in state.faults if device in NEED_ATTENTION), "")
    if fault and fault not in SILENT_FAULTS:
        return replace(screen, notice=f"idle.{fault}", voice=(f"idle.{fault}",), fault=fault)
    told = next((fault for device, fault in state.faults if device in FOR_THE_TECHNICIAN), "")
    if told in SILENT_FAULTS:
        return replace(screen, fault=fault or told)
    if told:
        return replace(screen, footnote=f"idle.{told}", fault=fault or told)
    return replace(screen, footnote="idle.few_people" if state.few_people else screen.footnote, fault=fault)


def _waiting_for_doors(state: State, rules: Rules) -> Screen:
    wait = _countdown(state, rules.chamber_wait_s, urges=True)
    return replace(_scene(state, "disinfecting.door"), countdown=wait, aside=SKIP, marks=marks(state, rules))


def _warned(state: State, rules: Rules) -> Screen:
    """Return the screen before a spray. Time is short: the voice says only that it starts and how to skip it.

    A longer wait is explained: the chamber was used just before.
    """
    screen = _scene(state, "disinfecting.warn")
    lasts_s = _lasts_s(state)
    notice = AGAIN if lasts_s > rules.warn_s + SOON_S else ""
    voice = (screen.headline, notice, SKIP) if notice else (screen.headline, SKIP)
    screen = replace(screen, notice=notice, voice=voice, marks=marks(state, rules))
    return replace(screen, countdown=_countdown(state, lasts_s), aside=SKIP)


def _spraying(state: State, rules: Rules) -> Screen:
    spray = _countdown(state, rules.spray_s)
    return replace(_scene(state, "disinfecting.spray"), countdown=spray, aside=SKIP, marks=marks(state, rules))


def _treating(state: State, rules: Rules) -> Screen:
    return replace(_scene(state, "disinfecting.empty"), countdown=_countdown(state, rules.spray_s))


def _treatment_announced(state: State, rules: Rules) -> Screen:
    countdown = _countdown(state, rules.warn_s, urges=True)
    return replace(_scene(state, "disinfecting.announce"), countdown=countdown, aside=SKIP)


def _reading(state: State, rules: Rules) -> Screen:
    measuring = _scene(state, "measuring.closer")
    screen = replace(measuring, countdown=_countdown(state, rules.measure_s), footnote=PRIVACY)
    return _noticed(replace(screen, marks=marks(state, rules)), state)


def _pause(state: State, rules: Rules) -> Screen:
    pause = _countdown(state, rules.retest_pause_s)
    return replace(_scene(state, "measuring.pause"), countdown=pause, marks=marks(state, rules), body_c=_figure(state))


def _asking(state: State, rules: Rules) -> Screen:
    answered = state.visit.answered if state.visit else 0
    question = rules.questions[min(answered, len(rules.questions) - 1)]
    screen = replace(_scene(state, f"asking.{question.value}"), marks=marks(state, rules), footnote=ANSWERS)
    return replace(screen, countdown=_countdown(state, rules.answer_s, urges=True))


def _scanning(state: State, rules: Rules) -> Screen:
    code = state.check_in.code
    screen = replace(_scene(state, "scanning"), venue_code=code)
    if code:  # the voice says nothing else than without the code, which appears while it speaks
        screen = replace(screen, instruction="scanning.venue")
    screen = _noticed(screen, state)
    wait = _countdown(state, rules.scan_s, urges=True)
    screen = replace(screen, countdown=wait, marks=marks(state, rules), body_c=_figure(state))
    return replace(screen, preview=True, footnote=PRIVACY, offers_app=True)


def _checking(state: State, rules: Rules) -> Screen:
    return replace(_scene(state, "checking"), marks=marks(state, rules), body_c=_figure(state), read=True)


def _admitting(state: State, rules: Rules) -> Screen:
    hold = _countdown(state, rules.hold_s)
    return replace(_scene(state, "admitting"), countdown=hold, marks=marks(state, rules), body_c=_figure(state))


def _referring(state: State, rules: Rules) -> Screen:
    match state.visit.verdict if state.visit else None:
        case Refer(reason):
            screen = _scene(state, keys.referring(reason))
        case _:  # there is no reason to show, so the officer explains
            return _out_of_service(state, rules)
    return replace(
        screen,
        place=keys.place(reason),
        voice=("referring.voice",),
        countdown=_countdown(state, _lasts_s(state)),
        referral=reason,
        body_c=_figure(state) if reason is Reason.FEVER else None,
        offers_app=reason in APP_HELPS,
    )


def _second_try(state: State, rules: Rules) -> Screen:
    """Return a referral that a better code cures, with this offer. Sentences about further codes are not said aloud."""
    screen = replace(_referring(state, rules), venue_code=state.check_in.code)
    notice = keys.hint("continue_on_phone") if state.check_in.scanned else _noticed(screen, state).notice
    if state.visit and state.visit.checking:
        notice = keys.instruction("checking")
    aside = TRY_AGAIN if asks_again(state) else SECOND_TRY
    return replace(screen, notice=notice, aside=aside, voice=(*screen.voice, aside))


def _out_of_service(state: State, rules: Rules) -> Screen:
    otherwise = "stopped_by_officer" if state.officer.stopped else ""
    fault = next((fault for device, fault in state.faults if device in rules.essential), otherwise)
    return replace(_scene(state, "out_of_service"), fault=fault)


_BUILDERS: dict[Situation, Callable[[State, Rules], Screen]] = {
    Situation.IDLE: _idle,
    Situation.WAITING_FOR_DOORS: _waiting_for_doors,
    Situation.WARNED: _warned,
    Situation.SPRAY_REQUESTED: _spraying,
    Situation.SPRAYING: _spraying,
    Situation.TREATMENT_ANNOUNCED: _treatment_announced,
    Situation.TREATMENT_REQUESTED: _treating,
    Situation.TREATING: _treating,
    Situation.FIRST_READING: _reading,
    Situation.PAUSE: _pause,
    Situation.SECOND_READING: _reading,
    Situation.ASKING: _asking,
    Situation.SCANNING: _scanning,
    Situation.CHECKING: _checking,
    Situation.ADMITTING: _admitting,
    Situation.SECOND_TRY: _second_try,
    Situation.REFERRING: _referring,
    Situation.OUT_OF_SERVICE: _out_of_service,
}
"""The functions for situations whose screen depends on more than the phase."""


def _scene(state: State, scene: str) -> Screen:
    look = LOOKS[scene]
    headline, instruction = keys.headline(scene), keys.instruction(scene)
    voice = (headline, instruction) if look.spoken else ()
    return Screen(state.phase, look.tone, look.icon, headline, instruction, voice=voice)


def _noticed(screen: Screen, state: State) -> Screen:
    """Return the screen with the notice of the visit; the notice is then the only text that is read aloud.

    A notice that is not in `keys.HINTS` has no text and is left out. One that was heard often is only shown.
    """
    if state.visit is None or state.visit.notice not in keys.HINTS:
        return screen
    notice = keys.hint(state.visit.notice)
    heard_often = state.visit.heard.count(state.visit.notice) >= OFTEN
    return replace(screen, notice=notice, voice=() if heard_often else (notice,))


def _figure(state: State) -> float | None:
    return state.visit.body_c if state.visit else None


def _countdown(state: State, total_s: float, urges: bool = False) -> Countdown | None:
    return Countdown(state.deadline_s, total_s, urges) if state.deadline_s is not None else None


def _lasts_s(state: State) -> float:
    """Return how long the situation lasts, in seconds."""
    return state.deadline_s - state.since_s if state.deadline_s is not None else 0.0
