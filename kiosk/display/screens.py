"""State → Screen: what the visitor sees in each phase, by keys of the texts. Pure.

Rule 1: one instruction at a time; a notice says what to change; nothing else asks for attention.
Rule 2: a referral is private. All look alike from afar: amber, a signpost, never red; the voice gives no reason.
Rule 3: the figure is the visitor's own. It stands on their screens only, and on a referral only if it is the reason.
Rule 4: equal screens mean that nothing changed for the visitor; so times are given as moments, not as seconds left.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum

from kiosk.display import keys
from kiosk.flow.rules import Rules
from kiosk.flow.state import State
from kiosk.flow.transitions import WARDS
from kiosk.model import Phase, Reason, Refer, Step


class Tone(Enum):
    """The mood of a screen; each has its own colour, and never the colour alone (IEC 60073, WCAG 2.2 1.4.1)."""

    NEUTRAL = "neutral"
    ACT = "act"
    GOOD = "good"
    ATTENTION = "attention"
    DANGER = "danger"


class Standing(Enum):
    """Where a step of the progress bar stands."""

    DONE = "done"
    CURRENT = "current"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class StepMark:
    """One step of the progress bar; `name` is a key of the texts."""

    name: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Countdown:
    """When the screen ends by itself, in monotonic seconds, and how long it lasts when it is whole.

    urges: the visitor must act before it ends, so the page warns by sight and voice (EN 301 549, 2.2.1 of WCAG).
    """

    ends_at_s: float
    total_s: float
    urges: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    """What the visitor sees; every text is a key, and an empty key shows nothing.

    notice: what to change ("hold still"). aside: a way out that is not the usual one (how to skip).
    place: where to go. voice: keys read aloud, in this order. body_c: the visitor's own figure.
    referral: whose place in the settings is shown. preview: the live picture is shown. fault: a row of `errors.FAULTS`.
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
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ScreenParts:
    """How a scene looks, and whether it is read aloud: an empty hall is not talked to."""

    tone: Tone
    icon: str
    spoken: bool = True


LOOKS = {
    "starting": ScreenParts(Tone.NEUTRAL, "hourglass", spoken=False),
    "idle": ScreenParts(Tone.NEUTRAL, "welcome", spoken=False),
    "disinfecting.warn": ScreenParts(Tone.ACT, "spray"),
    "disinfecting.spray": ScreenParts(Tone.ACT, "spray"),
    "disinfecting.door": ScreenParts(Tone.ACT, "door"),
    "disinfecting.empty": ScreenParts(Tone.ACT, "wait"),
    "measuring.closer": ScreenParts(Tone.ACT, "forehead"),
    "measuring.pause": ScreenParts(Tone.ACT, "rest"),
    "scanning": ScreenParts(Tone.ACT, "phone"),
    "checking": ScreenParts(Tone.NEUTRAL, "checking"),
    "admitting": ScreenParts(Tone.GOOD, "tick"),
    "emergency": ScreenParts(Tone.DANGER, "exit"),
    "out_of_service": ScreenParts(Tone.ATTENTION, "officer"),
    "maintenance": ScreenParts(Tone.NEUTRAL, "wrench", spoken=False),
} | {keys.referring(reason): ScreenParts(Tone.ATTENTION, "signpost") for reason in Reason}

SKIP = "disinfecting.skip"
LEAVE = "disinfecting.leave"

_CURRENT = {
    Phase.DISINFECTING: Step.DISINFECT,
    Phase.MEASURING: Step.TEMPERATURE,
    Phase.SCANNING: Step.CREDENTIAL,
    Phase.CHECKING: Step.CREDENTIAL,
}


def screen_of(state: State, rules: Rules, can_skip: bool = False) -> Screen:
    """The screen of this moment. `can_skip`: the booth has the button by which a visitor asks not to be sprayed."""
    of_phase = _OF_PHASE.get(state.phase)
    screen = of_phase(state, rules) if of_phase else _scene(state, state.phase.value)
    if screen.aside == SKIP and not can_skip:
        voice = tuple(LEAVE if key == SKIP else key for key in screen.voice)
        screen = replace(screen, aside=LEAVE, voice=voice)
    return screen


def _idle(state: State, rules: Rules) -> Screen:
    steps = rules.visitor_steps
    if not rules.has_presence and Step.CREDENTIAL in steps:
        invitation = "idle.code"
    elif steps[:1] == (Step.DISINFECT,):
        invitation = "idle.chamber"
    else:
        invitation = "idle.closer"
    screen = replace(_scene(state, "idle"), instruction=invitation, marks=_marks(state, rules))
    fault = next((fault for device, fault in state.faults if device in WARDS), "")
    return replace(screen, notice=f"idle.{fault}", voice=(f"idle.{fault}",), fault=fault) if fault else screen


def _disinfecting(state: State, rules: Rules) -> Screen:
    spray = _countdown(state, rules.spray_s) if state.spraying else None
    if state.visit is None:
        return replace(_scene(state, "disinfecting.empty"), countdown=spray)
    if state.warning:
        screen = _warning(state)
    elif state.spraying:
        screen = replace(_scene(state, "disinfecting.spray"), countdown=spray)
    else:
        wait = _countdown(state, rules.chamber_wait_s, urges=True)
        screen = replace(_scene(state, "disinfecting.door"), countdown=wait)
    return replace(screen, aside=SKIP, marks=_marks(state, rules))


def _warning(state: State) -> Screen:
    """It will spray; the voice says so, and how to skip it, in the few seconds that there are."""
    screen = _scene(state, "disinfecting.warn")
    lasts_s = state.deadline_s - state.since_s if state.deadline_s is not None else 0.0
    return replace(screen, countdown=_countdown(state, lasts_s), voice=(screen.headline, SKIP))


def _measuring(state: State, rules: Rules) -> Screen:
    if state.pausing:
        screen = replace(_scene(state, "measuring.pause"), countdown=_countdown(state, rules.retest_pause_s))
        return replace(screen, marks=_marks(state, rules), body_c=_figure(state))
    screen = replace(_scene(state, "measuring.closer"), countdown=_countdown(state, rules.measure_s))
    return _noticed(replace(screen, marks=_marks(state, rules)), state)


def _scanning(state: State, rules: Rules) -> Screen:
    screen = _noticed(_scene(state, "scanning"), state)
    wait = _countdown(state, rules.scan_s, urges=True)
    return replace(screen, countdown=wait, marks=_marks(state, rules), body_c=_figure(state), preview=True)


def _checking(state: State, rules: Rules) -> Screen:
    return replace(_scene(state, "checking"), marks=_marks(state, rules), body_c=_figure(state))


def _admitting(state: State, rules: Rules) -> Screen:
    hold = _countdown(state, rules.hold_s)
    return replace(_scene(state, "admitting"), countdown=hold, marks=_marks(state, rules), body_c=_figure(state))


def _referring(state: State, rules: Rules) -> Screen:
    match state.visit.verdict if state.visit else None:
        case Refer(reason):
            screen = _scene(state, keys.referring(reason))
        case _:  # no reason to give, so a person gives it
            return _out_of_service(state, rules)
    return replace(
        screen,
        place=keys.place(reason),
        voice=("referring.voice",),
        countdown=_countdown(state, rules.refer_s),
        referral=reason,
        body_c=_figure(state) if reason is Reason.FEVER else None,
    )


def _out_of_service(state: State, rules: Rules) -> Screen:
    otherwise = "stopped_by_officer" if state.stopped else ""
    fault = next((fault for device, fault in state.faults if device in rules.essential), otherwise)
    return replace(_scene(state, "out_of_service"), fault=fault)


_OF_PHASE: dict[Phase, Callable[[State, Rules], Screen]] = {
    Phase.IDLE: _idle,
    Phase.DISINFECTING: _disinfecting,
    Phase.MEASURING: _measuring,
    Phase.SCANNING: _scanning,
    Phase.CHECKING: _checking,
    Phase.ADMITTING: _admitting,
    Phase.REFERRING: _referring,
    Phase.OUT_OF_SERVICE: _out_of_service,
}
"""The phases whose screen depends on more than the phase."""


def _scene(state: State, scene: str) -> Screen:
    look = LOOKS[scene]
    headline, instruction = keys.headline(scene), keys.instruction(scene)
    voice = (headline, instruction) if look.spoken else ()
    return Screen(state.phase, look.tone, look.icon, headline, instruction, voice=voice)


def _noticed(screen: Screen, state: State) -> Screen:
    """With the visit's notice, which is then all that is said; one that has no words is not shown."""
    if state.visit is None or state.visit.notice not in keys.HINTS:
        return screen
    notice = keys.hint(state.visit.notice)
    return replace(screen, notice=notice, voice=(notice,))


def _figure(state: State) -> float | None:
    return state.visit.body_c if state.visit else None


def _countdown(state: State, total_s: float, urges: bool = False) -> Countdown | None:
    return Countdown(state.deadline_s, total_s, urges) if state.deadline_s is not None else None


def _marks(state: State, rules: Rules) -> tuple[StepMark, ...]:
    done = state.visit.done if state.visit else ()
    current = _CURRENT.get(state.phase)
    steps = tuple(StepMark(keys.step(step), _standing(step, current, done)) for step in rules.visitor_steps)
    enters = Standing.CURRENT if state.phase is Phase.ADMITTING else Standing.AHEAD
    return (*steps, StepMark(keys.ENTER, enters)) if steps else ()


def _standing(step: Step, current: Step | None, done: tuple[Step, ...]) -> Standing:
    if step is current:
        return Standing.CURRENT
    return Standing.DONE if step in done else Standing.AHEAD
