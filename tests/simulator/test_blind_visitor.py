"""Visitors who see nothing follow what is said alone, through the real flow, scanner and credentials."""

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.composition.voice import REACT_S
from kiosk.model import Phase
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.speaker import SpeakerSettings, SpokenLanguages
from kiosk.simulator.demo_command import OWN_SETTINGS, load_settings
from kiosk.simulator.speaker import Mishap
from kiosk.simulator.voice import has_card, machine_voice
from tests.simulator.hall import TEXTS, Hall, say


@pytest.fixture
def settings() -> Settings:
    return load_settings(OWN_SETTINGS)


@pytest.fixture
def hall(tmp_path: Path, settings: Settings) -> Iterator[Hall]:
    hall = Hall(tmp_path, settings)
    yield hall
    hall.demo.close()


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_blind_visitor_is_told_every_step_and_gets_in(hall: Hall, language: str) -> None:
    visitor = hall.visit(language, "green")
    assert visitor.entered
    steps = [key for key in visitor.understood if key in (
        "disinfecting.warn.headline", "disinfecting.skip", "measuring.closer.headline", "scanning.headline",
        "admitting.headline")]  # fmt: skip
    assert steps == [
        "disinfecting.warn.headline",
        "disinfecting.skip",
        "measuring.closer.headline",
        "scanning.headline",
        "admitting.headline",
    ]
    times = Counter(heard.words for heard in hall.heard if not heard.cut)
    assert max(times.values()) <= 2, "nobody hears the same instruction three times"
    assert "<pass>" in times


def test_the_spray_begins_only_when_the_warning_was_heard_in_both_languages(hall: Hall) -> None:
    hall.visit("en", "green")
    ways_out = [heard for heard in hall.heard if heard.words == say("en", "disinfecting.skip") and not heard.cut]
    assert hall.sprayed_at_s is not None
    assert ways_out[0].to_s + REACT_S <= hall.sprayed_at_s


def test_a_visitor_who_declines_when_it_is_said_how_is_not_sprayed(hall: Hall) -> None:
    visitor = hall.visit("en", "green", declines=True)
    assert hall.sprayed_at_s is None
    assert visitor.sent_to.startswith("Meja petugas, officer's desk.")


def test_a_referred_visitor_hears_the_place_and_not_the_reason(hall: Hall) -> None:
    visitor = hall.visit("id", "red")
    assert not visitor.entered
    assert visitor.sent_to == "Puskesmas terdekat, nearest Puskesmas. simulasi, simulated."
    hall.run(6.0)
    said = " ".join(hall.words())
    assert "<refer>" in said
    for language in ("id", "en"):
        for reason in ("below_minimum_doses", "fever"):
            assert TEXTS.say(language, f"referring.{reason}.instruction") not in said


def test_on_the_way_in_only_an_urgent_speech_cuts_a_sentence_off(hall: Hall) -> None:
    hall.visit("id", "green")
    hall.run(10.0)
    for sooner, later in itertools.pairwise(hall.words()):
        assert not sooner.endswith("-") or later in {
            "<pass>", say("id", "disinfecting.warn.headline"), say("id", "page.hurry")}, (sooner, later)  # fmt: skip


def test_the_emergency_is_said_again_and_again_until_the_officer_resets_it(hall: Hall) -> None:
    booth = hall.demo.booth
    booth.set("presence", active=True)
    hall.run(5.0)
    count = len(hall.heard)
    booth.set("emergency", active=True)
    hall.run(40.0)
    said = hall.words()[count:]
    assert said[1:].count("id: Segera keluar.") >= 3, "the first word is what was cut off"
    assert said.count("en: Leave now.") >= 3
    assert {words for words in said[1:] if not words.endswith("-")} == {
        say(language, f"emergency.{part}") for language in ("id", "en") for part in ("headline", "instruction")
    }  # fmt: skip
    booth.set("presence", active=False)
    booth.set("emergency", active=False)
    hall.run(1.0)
    booth.set("officer", active=True)
    hall.run(0.5)
    booth.set("officer", active=False)
    hall.run(5.0)
    assert hall.demo.kiosk.loop.state.phase is Phase.IDLE
    count = len(hall.heard)
    hall.run(30.0)
    assert len(hall.heard) == count


def test_a_site_that_speaks_one_language_says_nothing_in_the_other(tmp_path: Path, settings: Settings) -> None:
    first = SpeakerSettings(languages=SpokenLanguages.FIRST)
    hall = Hall(tmp_path, settings.model_copy(update={"speaker": first}))
    try:
        assert hall.visit("id", "green").entered
        assert not [words for words in hall.words() if words.startswith("en")]
    finally:
        hall.demo.close()


def test_visitors_are_served_while_the_loudspeaker_fails_and_it_recovers_by_itself(hall: Hall) -> None:
    player, booth = hall.player, hall.demo.booth
    state = hall.demo.kiosk.loop.state
    assert "speaker" not in dict(state.faults)
    player.mishap = Mishap.MISSING
    booth.set("presence", active=True)
    hall.run(22.0)
    state = hall.demo.kiosk.loop.state
    assert ("speaker", "speaker_missing") in state.faults
    assert state.phase is Phase.MEASURING, "the visit goes on"
    assert hall.sprayed_at_s is not None
    player.mishap = Mishap.NONE
    hall.run(5.0)
    assert "speaker" not in dict(hall.demo.kiosk.loop.state.faults)
    assert hall.heard


def test_a_machine_without_a_sound_card_says_nothing(tmp_path: Path, settings: Settings) -> None:
    cards = tmp_path / "cards"
    assert not has_card(cards)
    cards.write_text("--- no soundcards ---\n")
    assert machine_voice(settings, tmp_path / "voice", OWN_SETTINGS.parent / "texts", cards) is None
    cards.write_text(" 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones\n")
    assert has_card(cards)
    quiet = settings.model_copy(update={"speaker": None})
    assert machine_voice(quiet, tmp_path / "voice", OWN_SETTINGS.parent / "texts", cards) is None
