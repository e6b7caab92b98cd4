"""The screen of each situation, and the rules that every screen keeps."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from kiosk.display import keys
from kiosk.display.looks import LOOKS, Tone
from kiosk.display.progress import Countdown, Standing, StepMark
from kiosk.display.screens import Screen, screen_of
from kiosk.flow.questions import signal
from kiosk.flow.state import CheckInState, PresenceState, Situation, State, Visit
from kiosk.model import ChamberWhen, Pass, Phase, Reason, Refer, Signal, Step, Verdict
from tests.display.scenes import RULES, SCENES, VENUE_CODE, visit

AHEAD, CURRENT, DONE = Standing.AHEAD, Standing.CURRENT, Standing.DONE


def shown(name: str, can_skip: bool = False) -> Screen:
    return screen_of(*SCENES[name], can_skip)


@pytest.mark.parametrize(
    ("name", "tone", "icon", "headline", "instruction"),
    [
        ("starting", Tone.NEUTRAL, "hourglass", "starting.headline", "starting.instruction"),
        ("idle", Tone.NEUTRAL, "welcome", "idle.headline", "idle.chamber"),
        ("idle, no chamber", Tone.NEUTRAL, "welcome", "idle.headline", "idle.closer"),
        ("idle, no presence sensor", Tone.NEUTRAL, "welcome", "idle.headline", "idle.code"),
        ("warned", Tone.ACT, "spray", "disinfecting.warn.headline", "disinfecting.warn.instruction"),
        ("spraying", Tone.ACT, "spray", "disinfecting.spray.headline", "disinfecting.spray.instruction"),
        ("door open", Tone.ACT, "door", "disinfecting.door.headline", "disinfecting.door.instruction"),
        (
            "treatment announced",
            Tone.ATTENTION,
            "spray",
            "disinfecting.announce.headline",
            "disinfecting.announce.instruction",
        ),
        ("treating", Tone.ACT, "wait", "disinfecting.empty.headline", "disinfecting.empty.instruction"),
        ("come closer", Tone.ACT, "forehead", "measuring.closer.headline", "measuring.closer.instruction"),
        ("pausing", Tone.ACT, "rest", "measuring.pause.headline", "measuring.pause.instruction"),
        ("scanning", Tone.ACT, "phone", "scanning.headline", "scanning.instruction"),
        ("checking", Tone.NEUTRAL, "checking", "checking.headline", "checking.instruction"),
        ("admitting", Tone.GOOD, "tick", "admitting.headline", "admitting.instruction"),
        ("referring, fever", Tone.ATTENTION, "place", "referring.fever.headline", "referring.fever.instruction"),
        ("emergency", Tone.DANGER, "exit", "emergency.headline", "emergency.instruction"),
        ("out of service", Tone.ATTENTION, "officer", "out_of_service.headline", "out_of_service.instruction"),
        ("maintenance", Tone.NEUTRAL, "wrench", "maintenance.headline", "maintenance.instruction"),
    ],
)
def test_each_scene_has_its_tone_icon_and_texts(
    name: str, tone: Tone, icon: str, headline: str, instruction: str
) -> None:
    screen = shown(name)
    assert (screen.tone, screen.icon, screen.headline, screen.instruction) == (tone, icon, headline, instruction)


@pytest.mark.parametrize(
    ("name", "countdown"),
    [
        ("warned", Countdown(4.0, 3.0)),
        ("spraying", Countdown(3.0, 5.0)),
        ("door open", Countdown(15.0, 20.0, urges=True)),
        ("treating", Countdown(4.0, 5.0)),
        ("come closer", Countdown(9.0, 12.0)),
        ("pausing", Countdown(21.0, 30.0)),
        ("scanning", Countdown(33.0, 45.0, urges=True)),
        ("checking", None),
        ("admitting", Countdown(5.0, 5.0)),
        ("referring, full", Countdown(17.0, 17.0)),
        ("emergency", None),
        ("out of service", None),
    ],
)
def test_a_screen_counts_down_to_its_end(name: str, countdown: Countdown | None) -> None:
    assert shown(name).countdown == countdown


def test_a_screen_without_a_deadline_has_no_countdown() -> None:
    for state, rules in SCENES.values():
        assert screen_of(replace(state, deadline_s=None), rules).countdown is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Situation.SPRAY_REQUESTED, Situation.SPRAYING),
        (Situation.TREATMENT_REQUESTED, Situation.TREATING),
        (Situation.FIRST_READING, Situation.SECOND_READING),
    ],
)
def test_situations_that_are_the_same_for_the_visitor_have_equal_screens(one: Situation, other: Situation) -> None:
    state = State(one, deadline_s=4.0, visit=visit(notice="too_far"))
    assert screen_of(state, RULES) == screen_of(replace(state, situation=other), RULES)


@pytest.mark.parametrize(
    ("name", "notice"), [("street door open", "idle.shut_street_door"), ("voided", "idle.begin_again")]
)
def test_a_person_behind_an_open_street_door_is_asked_to_shut_it(name: str, notice: str) -> None:
    screen = shown(name)
    assert (screen.headline, screen.notice, screen.voice) == ("idle.headline", notice, (notice,))


def test_a_visitor_whose_visit_begins_again_is_told_why() -> None:
    screen = shown("begin again")
    assert (screen.notice, screen.voice) == ("hint.begin_again", ("hint.begin_again",))


def test_a_person_in_the_chamber_is_told_before_it_is_treated_and_can_decline() -> None:
    screen = shown("treatment announced", can_skip=True)
    assert screen.countdown == Countdown(2.0, RULES.warn_s, urges=True)
    assert screen.aside == "disinfecting.skip"
    assert shown("treatment announced").aside == "disinfecting.leave"


def test_the_visitor_is_told_how_to_decline_the_spray() -> None:
    for can_skip, how in ((True, "disinfecting.skip"), (False, "disinfecting.leave")):
        assert [shown(name, can_skip).aside for name in ("warned", "spraying", "door open")] == [how] * 3
        assert shown("warned", can_skip).voice == ("disinfecting.warn.headline", how)
    assert shown("treating", can_skip=True).aside == ""


def test_the_progress_bar_shows_the_steps_of_the_site_and_the_door_at_the_end() -> None:
    names = ("step.disinfect", "step.temperature", "step.credential", "step.enter")

    def bar(*standings: Standing) -> tuple[StepMark, ...]:
        return tuple(StepMark(name, standing) for name, standing in zip(names, standings, strict=True))

    assert shown("idle").marks == bar(AHEAD, AHEAD, AHEAD, AHEAD)
    assert shown("spraying").marks == bar(CURRENT, AHEAD, AHEAD, AHEAD)
    assert shown("pausing").marks == bar(DONE, CURRENT, AHEAD, AHEAD)
    assert shown("scanning").marks == shown("checking").marks == bar(DONE, DONE, CURRENT, AHEAD)
    assert shown("admitting").marks == bar(DONE, DONE, DONE, CURRENT)
    assert shown("idle, no chamber").marks[0] == StepMark("step.temperature", AHEAD)


@pytest.mark.parametrize("name", ["starting", "treating", "referring, fever", "emergency", "out of service"])
def test_there_is_no_progress_bar_where_it_is_meaningless_or_not_private(name: str) -> None:
    assert shown(name).marks == ()


def test_a_site_without_steps_has_no_progress_bar() -> None:
    assert screen_of(State(Situation.ADMITTING, visit=visit()), replace(RULES, sequence=())).marks == ()


@pytest.mark.parametrize(
    "situation", [Situation.SCANNING, Situation.FIRST_READING, Situation.SECOND_READING], ids=lambda s: s.name
)
def test_a_hint_is_shown_and_is_the_only_text_that_is_read_aloud(situation: Situation) -> None:
    for notice in sorted(keys.HINTS):
        screen = screen_of(State(situation, visit=visit(notice=notice)), RULES)
        assert (screen.notice, screen.voice) == (f"hint.{notice}", (f"hint.{notice}",))


def test_a_hint_without_a_text_is_not_shown() -> None:
    assert screen_of(State(Situation.SCANNING, visit=visit(notice="gibberish")), RULES).notice == ""


def test_the_temperature_is_shown_to_its_visitor_only_and_is_not_printed() -> None:
    figures = {name: shown(name).body_c for name in SCENES}
    assert {name: figure for name, figure in figures.items() if figure is not None} == {
        "pausing": 38.2,
        "scanning": 36.5,
        "venue's code": 36.5,
        "continue on the phone": 36.5,
        "wrong code": 36.5,
        "checking": 36.5,
        "admitting": 36.5,
        "referring, fever": 38.3,
    }
    assert "38.2" not in repr(shown("pausing"))


@pytest.mark.parametrize("reason", list(Reason))
def test_a_referral_shows_the_reason_and_the_place_to_go(reason: Reason) -> None:
    screen = shown(f"referring, {reason.value}")
    assert screen.instruction == f"referring.{reason.value}.instruction"
    assert screen.place == f"referring.{reason.value}.place"
    assert screen.referral is reason


def test_all_referrals_have_the_same_look_and_voice() -> None:
    screens = [shown(f"referring, {reason.value}") for reason in Reason]
    assert {(screen.tone, screen.icon, screen.voice) for screen in screens} == {
        (Tone.ATTENTION, "place", ("referring.voice",))
    }


@pytest.mark.parametrize("verdict", [None, Pass()])
def test_a_referral_without_a_reason_sends_to_the_officer(verdict: Verdict | None) -> None:
    state = State(Situation.REFERRING, visit=Visit(1, verdict=verdict))
    assert screen_of(state, RULES).headline == "out_of_service.headline"
    assert screen_of(State(Situation.REFERRING), RULES).headline == "out_of_service.headline"


def test_out_of_service_names_the_fault_that_keeps_it_so() -> None:
    faults = (("lights", "pin_taken"), ("camera", "camera_silent"))
    assert screen_of(State(Situation.OUT_OF_SERVICE, faults=faults), RULES).fault == "camera_silent"
    assert shown("stopped").fault == "stopped_by_officer"
    assert screen_of(State(Situation.OUT_OF_SERVICE), RULES).fault == ""


@pytest.mark.parametrize(
    ("device", "fault"),
    [
        ("door", "door_held_open"),
        ("passage", "passage_unadmitted"),
        ("enclosure", "enclosure_opened"),
        ("presence", "presence_stuck"),
        ("screen", "screen_dark"),
        ("street_door", "street_door_held_open"),
        ("display", "display_silent"),
    ],
)
def test_a_fault_that_needs_attention_is_shown_while_nobody_is_served(device: str, fault: str) -> None:
    screen = screen_of(State(Situation.IDLE, faults=((device, fault),)), RULES)
    told = ("", "", ()) if device == "display" else (f"idle.{fault}", fault, (f"idle.{fault}",))
    assert (screen.notice, screen.fault, screen.voice) == told
    assert screen.instruction == "idle.chamber", "visitors are served all the same"
    assert screen_of(State(Situation.SCANNING, faults=((device, fault),), visit=visit()), RULES).fault == ""


@pytest.mark.parametrize("fault", ["crowd_warm", "crowd_cold"])
def test_a_crowd_that_reads_warm_or_cold_is_shown_and_not_said_and_the_lamp_stays_ready(fault: str) -> None:
    state = State(Situation.IDLE, faults=(("crowd", fault),))
    screen = screen_of(state, RULES)
    assert (screen.footnote, screen.fault, screen.voice) == (f"idle.{fault}", fault, ())
    assert screen.notice == "", "the invitation stays"
    assert signal(state, RULES) is Signal.READY
    held_open = replace(state, faults=(("crowd", fault), ("door", "door_held_open")))
    assert screen_of(held_open, RULES).notice == "idle.door_held_open"
    assert signal(held_open, RULES) is Signal.FAULT
    forced = screen_of(replace(state, faults=(("crowd", fault), ("lock", "door_forced"))), RULES)
    assert (forced.footnote, forced.fault) == (f"idle.{fault}", "door_forced")


def test_too_few_people_for_the_relative_rule_are_a_word_on_the_idle_screen_only() -> None:
    assert screen_of(State(Situation.IDLE, few_people=True), RULES).footnote == "idle.few_people"
    warm = State(Situation.IDLE, few_people=True, faults=(("crowd", "crowd_warm"),))
    assert screen_of(warm, RULES).footnote == "idle.crowd_warm"
    assert screen_of(State(Situation.SCANNING, few_people=True, visit=visit()), RULES).footnote == "privacy"


def test_nothing_is_said_to_visitors_about_a_forced_door() -> None:
    screen, calm = shown("idle, door_forced"), shown("idle")
    assert screen == replace(calm, fault="door_forced"), "the code of the fault is all that differs"


def test_the_app_is_offered_where_a_code_of_it_helps() -> None:
    assert {name for name in SCENES if shown(name).offers_app and not shown(name).notice} == {
        "idle",
        "idle, crowd_cold",
        "idle, crowd_warm",
        "idle, few people",
        "idle, door_forced",
        "idle, street_door_forced",
        "idle, both_doors_open",
        "idle, no chamber",
        "idle, no presence sensor",
        "somebody comes",
        "somebody stays",
        "scanning",
        "venue's code",
        "referring, no_credential",
        "referring, not_a_credential",
        "referring, second try",
    }
    without_codes = replace(RULES, sequence=(Step.TEMPERATURE,))
    assert not screen_of(State(Situation.IDLE), without_codes).offers_app


def test_the_privacy_notice_stands_where_somebody_is_measured_or_the_camera_looks() -> None:
    assert {shown(name).footnote for name in ("idle", "come closer", "scanning", "wrong code")} == {"privacy"}
    assert shown("spraying").footnote == ""
    idle = State(Situation.IDLE)
    for steps, footnote in (((Step.TEMPERATURE,), "privacy"), ((Step.DISINFECT,), "")):
        assert screen_of(idle, replace(RULES, sequence=steps)).footnote == footnote


def test_the_frame_is_green_after_a_code_was_read() -> None:
    assert [shown(name).read for name in ("scanning", "checking", "admitting")] == [False, True, False]


def test_an_officer_whose_press_opened_nothing_reads_and_hears_why() -> None:
    screen = shown("officer refused")
    assert (screen.notice, screen.voice) == ("officer.shut_street_door", ("officer.shut_street_door",))


@pytest.mark.parametrize("name", ["starting", "idle", "maintenance"])
def test_no_text_is_read_aloud_where_nobody_may_be_there(name: str) -> None:
    assert shown(name).voice == ()


def test_screens_are_equal_if_nothing_changed_for_the_visitor() -> None:
    state, rules = SCENES["scanning"]
    assert screen_of(replace(state, presence=PresenceState(seen=True), request=9), rules) == screen_of(state, rules)


def every_screen() -> Iterator[tuple[State, Screen]]:
    """Every situation with every combination of the values that a screen depends on, possible or not."""
    verdicts: tuple[Verdict | None, ...] = (None, Pass(), *(Refer(reason) for reason in Reason))
    visits = [None, *(Visit(1, verdict=verdict, body_c=38.7) for verdict in verdicts)]
    visits += [visit(Step.DISINFECT, notice=notice) for notice in (*keys.HINTS, "", "gibberish")]
    rules = [
        replace(RULES, sequence=sequence, chamber_when=when, has_presence=presence)
        for sequence in ((), tuple(Step), (Step.CREDENTIAL,), (Step.TEMPERATURE, Step.DISINFECT))
        for when in ChamberWhen
        for presence in (True, False)
    ]
    for situation, who, rule, deadline_s, can_skip in product(Situation, visits, rules, (None, 9.0), (True, False)):
        state = State(situation, deadline_s=deadline_s, visit=who)
        yield state, screen_of(state, rule, can_skip)


def test_every_screen_keeps_the_rules() -> None:
    for state, screen in every_screen():
        asked = {screen.headline, screen.instruction, screen.notice, screen.aside, screen.place, *screen.voice}
        assert asked - {""} <= keys.KEYS
        assert screen.headline
        assert screen.instruction
        assert (screen.tone is Tone.DANGER) == (state.phase is Phase.EMERGENCY)
        assert (screen.tone is Tone.GOOD) == (state.phase is Phase.ADMITTING)
        assert screen.preview == (state.phase is Phase.SCANNING)
        assert screen.referral is None or state.phase is Phase.REFERRING
        assert screen.body_c is None or state.visit is not None


def test_every_scene_has_a_look() -> None:
    assert {key.removesuffix(".headline") for key in keys.KEYS if key.endswith(".headline")} == {*LOOKS, "page.lost"}


def test_the_venues_code_is_shown_beside_the_live_picture_and_changes_nothing_that_is_said() -> None:
    shown, plain = screen_of(*SCENES["venue's code"]), screen_of(*SCENES["scanning"])
    assert (shown.venue_code, shown.preview, shown.instruction) == (VENUE_CODE, True, "scanning.venue")
    assert shown.voice == plain.voice
    assert plain.venue_code == ""


def test_without_the_venues_code_the_screen_is_what_it_is_at_a_site_without_one() -> None:
    state, rules = SCENES["scanning"]
    offering = replace(state, check_in=CheckInState(1, open=True))
    assert screen_of(offering, replace(rules, offers_check_in=True)) == screen_of(state, rules)


def test_a_code_that_a_phone_opened_is_not_shown_any_more() -> None:
    screen = screen_of(*SCENES["continue on the phone"])
    assert (screen.venue_code, screen.notice) == ("", "hint.continue_on_phone")
    assert screen.voice == ("hint.continue_on_phone",)
