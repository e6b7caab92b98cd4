"""The speech of each screen."""

from dataclasses import replace
from itertools import product

import pytest

from kiosk.display import keys
from kiosk.display.screens import screen_of
from kiosk.display.sentences import sentences_of
from kiosk.display.speech import (
    HURRY,
    LONG_S,
    NEXT_PLACE,
    SPOKEN,
    Chime,
    Speech,
    Urgency,
    place,
    speech_of,
    warnings,
    way,
)
from kiosk.flow.state import Situation, State
from kiosk.model import Phase, Reason
from kiosk.settings.schema.policy import Arrow, ReferralSettings, ReferralsSettings
from tests.display.scenes import RULES, SCENES, texts, visit

PLACES = {name(reason) for name in (place, way) for reason in (None, *Reason)}


def said(name: str, can_skip: bool = True) -> Speech:
    state, rules = SCENES[name]
    return speech_of(screen_of(state, rules, can_skip))


def test_each_sentence_of_a_speech_can_be_said() -> None:
    for name, can_skip in product(SCENES, (True, False)):
        assert set(said(name, can_skip).sentences) <= SPOKEN | PLACES, (name, can_skip)


def test_each_hint_can_be_said_in_each_situation() -> None:
    for situation, hint in product(Situation, sorted(keys.HINTS)):
        state = State(situation, deadline_s=9.0, visit=visit(notice=hint))
        assert set(speech_of(screen_of(state, RULES)).sentences) <= SPOKEN | PLACES, (situation, hint)


def test_a_text_that_is_only_shown_is_not_said() -> None:
    assert not [key for key in SPOKEN if key.startswith(("step.", "figure", "fault", "format."))]
    assert {key for key in SPOKEN if key.startswith(("referring.", "page."))} == {HURRY, NEXT_PLACE}


@pytest.mark.parametrize("reason", Reason)
def test_a_referral_says_the_place_and_not_the_reason(reason: Reason) -> None:
    speech = said(f"referring, {reason.value}")
    assert speech.sentences == (NEXT_PLACE, place(reason), way(reason))
    assert speech.chime is Chime.REFER


def test_the_place_of_a_referral_comes_before_what_else_the_screen_says() -> None:
    state, rules = SCENES["referring, fever"]
    screen = replace(screen_of(state, rules), voice=(NEXT_PLACE, "hint.expired_code"))
    assert speech_of(screen).sentences == (NEXT_PLACE, place(Reason.FEVER), way(Reason.FEVER), "hint.expired_code")


def test_a_referral_without_a_reason_sends_to_the_officer_by_words() -> None:
    state = State(Situation.REFERRING, deadline_s=9.0, visit=visit())
    assert speech_of(screen_of(state, RULES)).sentences == ("out_of_service.headline", "out_of_service.instruction")


def test_nothing_is_said_while_nobody_is_served() -> None:
    assert {said(name).sentences for name in ("starting", "idle", "maintenance")} == {()}


def test_the_urgency_of_each_scene() -> None:
    found = {name: said(name).urgency for name in SCENES}
    urgent = {name: urgency for name, urgency in found.items() if urgency is not Urgency.ORDINARY}
    assert urgent == {
        "warned": Urgency.WARNING,
        "warned, used just now": Urgency.WARNING,
        "treatment announced": Urgency.WARNING,
        "admitting": Urgency.WARNING,
        "out of service": Urgency.STOP,
        "stopped": Urgency.STOP,
        "emergency": Urgency.EMERGENCY,
    }


def test_only_the_emergency_is_said_again_and_again() -> None:
    assert [name for name in SCENES if said(name).repeats] == ["emergency"]


def test_the_three_sounds() -> None:
    sounds = {name: chime for name in SCENES if (chime := said(name).chime) and not name.startswith("referring")}
    assert sounds == {
        "treating": Chime.WAIT,
        "pausing": Chime.WAIT,
        "checking": Chime.WAIT,
        "admitting": Chime.PASS,
    }


def test_the_end_of_a_long_countdown_in_which_the_visitor_must_act_is_said() -> None:
    assert said("scanning").hurry_at_s == 23.0
    assert said("checking").hurry_at_s is None
    assert SCENES["treatment announced"][1].warn_s < LONG_S
    assert said("treatment announced").hurry_at_s is None


def test_the_warnings_are_what_is_said_before_the_sprayer_starts() -> None:
    skip = warnings(RULES, can_skip=True)
    assert [speech.scene for speech in skip] == ["disinfecting.warn.headline", "disinfecting.announce.headline"]
    assert skip[0].says_the_same(said("warned"))
    assert skip[0].sentences[-1] == "disinfecting.skip"
    assert warnings(RULES, can_skip=False)[0].sentences[-1] == "disinfecting.leave"


def test_the_same_words_in_another_scene_are_not_the_same() -> None:
    assert not Speech("a", ("x",)).says_the_same(Speech("b", ("x",)))
    assert Speech("a", ("x",), hurry_at_s=1.0).says_the_same(Speech("a", ("x",)))


def test_the_phases_without_speech_are_those_that_rest() -> None:
    silent = {SCENES[name][0].phase for name in SCENES if not said(name).sentences}
    assert silent == {Phase.STARTING, Phase.IDLE, Phase.MAINTENANCE}


def test_every_arrow_of_the_settings_has_words_in_both_languages() -> None:
    assert tuple(f"way.{arrow.value}" for arrow in Arrow) == keys.WAYS


def test_a_place_is_named_in_the_first_language_and_its_way_is_said_in_every_language() -> None:
    puskesmas = ReferralSettings(title="Puskesmas / clinic", address="(Jl. Baru 1)", arrow=Arrow.LEFT, distance="30 m")
    said = sentences_of(texts(), ("id", "en"), ReferralsSettings(places={Reason.FEVER: puskesmas}))
    assert said["id", "place.fever"] == "Puskesmas, clinic. Jl. Baru 1."
    assert (said["id", "way.fever"], said["en", "way.fever"]) == ("Ke kiri. 30 m.", "To the left. 30 m.")
    assert said["id", "place.officer"] == "Petugas, officer."
    assert {key for _, key in said} - SPOKEN == {"place.fever", "place.officer", "way.fever"}
