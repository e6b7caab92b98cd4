"""The loudspeaker's worker on the virtual clock: what is heard, when, and what is cut off."""

import itertools
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.display.speech import SILENCE, Chime, Speech, Urgency, place
from kiosk.hardware.speaker.clips import PAUSE_S, ClipName
from kiosk.hardware.speaker.duty import GRACE_S, MOST_TIMES, REPEAT_S, RETRY_S, WAIT_S, is_quiet
from kiosk.model import Reason, WallTime
from kiosk.settings.schema.speaker import QuietSettings
from kiosk.simulator.speaker import Mishap

from .voices import LANGUAGES, Speaker

SENTENCES = {
    ClipName(language, key): f"{key} {language}."
    for language in ("id", "en")
    for key in ("a", "b", "hint", "page.hurry", "warn", "stop", "leave")
}
SENTENCES[ClipName("id", place(None))] = "Meja petugas. Lobi."
A, B = Speech("A", ("a",)), Speech("B", ("b",))
HINT = Speech("A", ("hint",))
WARN = Speech("W", ("warn",), Urgency.WARNING)
STOP = Speech("S", ("stop",), Urgency.STOP)
LEAVE = Speech("E", ("leave",), Urgency.EMERGENCY, repeats=True)
EVER_S = 60.0


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    """A loudspeaker that has answered and is silent."""
    return Speaker(tmp_path, sentences=SENTENCES).wait(1.0)


def test_a_speech_is_said_in_both_languages_in_turn(speaker: Speaker) -> None:
    speaker.say(Speech("A", ("a", "b")), EVER_S)
    assert speaker.heard == ["id: a id.", "id: b id.", "en: a en.", "en: b en."]
    starts = [heard.from_s for heard in speaker.player.heard]
    ends = [heard.to_s for heard in speaker.player.heard]
    pauses_s = [start - end for start, end in zip(starts[1:], ends, strict=False)]
    assert all(PAUSE_S <= pause_s <= PAUSE_S + 0.06 for pause_s in pauses_s)


def test_if_time_is_short_each_sentence_is_said_in_every_language_before_the_next(speaker: Speaker) -> None:
    speaker.say(Speech("A", ("a", "b"), Urgency.WARNING), EVER_S)
    assert speaker.heard == ["id: a id.", "en: a en.", "id: b id.", "en: b en."]


def test_a_site_can_speak_the_first_language_only(tmp_path: Path) -> None:
    speaker = Speaker(tmp_path, sentences=SENTENCES, languages=("id",)).say(A, EVER_S)
    assert speaker.heard == ["id: a id."]


def test_the_speech_begins_at_once(speaker: Speaker) -> None:
    now_s = speaker.clock.now_s()
    assert speaker.say(A, EVER_S).player.heard[0].from_s == now_s


def test_the_sound_comes_first_and_can_be_left_out(speaker: Speaker, tmp_path: Path) -> None:
    speech = Speech("A", ("a",), chime=Chime.REFER)
    assert speaker.say(speech, EVER_S).heard[:2] == ["<refer>", "id: a id."]
    without = Speaker(tmp_path, {"sounds": False}, SENTENCES).say(speech, EVER_S)
    assert without.heard == ["id: a id.", "en: a en."]


def test_the_place_of_a_referral_is_said_as_the_first_language_says_it(speaker: Speaker) -> None:
    speaker.say(Speech("R", ("a", place(Reason.FEVER))), EVER_S)
    assert speaker.heard == ["id: a id.", "id: Meja petugas. Lobi.", "en: a en.", "id: Meja petugas. Lobi."]


# ---- turns


def test_a_stale_speech_ends_with_its_sentence_and_the_new_one_follows(speaker: Speaker) -> None:
    speaker.say(Speech("A", ("a", "b")), 0.1).say(B, EVER_S)
    assert speaker.heard == ["id: a id.", "id: b id.", "en: b en."]


def test_somebody_who_waits_hears_the_sound_for_it_until_something_else_is_said(speaker: Speaker) -> None:
    speaker.say(Speech("A", ("a",), chime=Chime.WAIT), 20.0)
    assert speaker.heard[:3] == ["<wait>", "id: a id.", "en: a en."]
    assert speaker.heard[3:] == ["<wait>"] * 3
    gaps_s = [later.from_s - sooner.to_s for sooner, later in itertools.pairwise(speaker.player.heard[2:])]
    assert all(gap_s == pytest.approx(WAIT_S, abs=0.06) for gap_s in gaps_s)
    now_s = speaker.clock.now_s()
    speaker.say(B, 8.0)
    assert speaker.heard[6:] == ["id: b id.", "en: b en."]
    assert speaker.player.heard[6].from_s - now_s < 0.3


def test_a_hint_waits_until_the_instruction_is_finished_in_every_language(speaker: Speaker) -> None:
    speaker.say(A, 0.1).say(HINT, EVER_S)
    assert speaker.heard == ["id: a id.", "en: a en.", "id: hint id.", "en: hint en."]


def test_of_several_that_wait_the_newest_is_said(speaker: Speaker) -> None:
    speaker.say(A, 0.1).say(HINT, 0.1).say(Speech("A", ("b",)), EVER_S)
    assert speaker.heard == ["id: a id.", "en: a en.", "id: b id.", "en: b en."]


def test_without_words_the_sentence_is_finished_and_silence_follows(speaker: Speaker) -> None:
    speaker.say(A, 0.1).say(SILENCE, EVER_S)
    assert speaker.heard == ["id: a id."]


def test_back_in_a_scene_that_was_left_the_speech_is_said_again_from_its_begin(speaker: Speaker) -> None:
    speaker.say(A, 0.1).say(B, 0.1).say(A, EVER_S)
    assert speaker.heard == ["id: a id.", "id: a id.", "en: a en."]


@pytest.mark.parametrize("urgent", [WARN, STOP, LEAVE])
def test_an_urgent_speech_cuts_in_at_once(speaker: Speaker, urgent: Speech) -> None:
    cut_at_s = speaker.say(A, 0.3).clock.now_s()
    speaker.say(urgent, 5.0)
    assert speaker.heard[0] == "id: a id.-"
    first, second = speaker.player.heard[:2]
    assert first.to_s == second.from_s == cut_at_s
    assert second.words == f"id: {urgent.sentences[0]} id."


ORDER = [A, B, HINT, WARN, STOP, LEAVE, SILENCE]


def test_in_every_order_the_last_speech_is_heard_whole_and_only_urgency_cuts(tmp_path: Path) -> None:
    for trio in itertools.product(ORDER, repeat=3):
        speaker = Speaker(tmp_path, sentences=SENTENCES).wait(1.0)
        for speech in trio:
            speaker.say(speech, 0.2)
        heard = speaker.wait(8.0).player.heard
        for sooner, later in itertools.pairwise(heard):
            assert later.from_s >= sooner.to_s, trio
            assert not sooner.cut or later.words.split()[1] in {"warn", "stop", "leave"}, trio
        for language in LANGUAGES if trio[2].sentences else ():
            words = f"{language}: {trio[2].sentences[0]} {language}."
            assert any(sound.words == words and not sound.cut for sound in heard), trio


def test_the_emergency_is_said_again_and_again_and_nothing_ordinary_comes_between(speaker: Speaker) -> None:
    speaker.say(LEAVE, 20.0)
    assert set(speaker.heard) == {"id: leave id.", "en: leave en."}
    assert len(speaker.heard) > 10
    rounds = [heard.from_s for heard in speaker.player.heard if heard.words.startswith("id")]
    lengths_s = {round(later - sooner, 1) for sooner, later in itertools.pairwise(rounds)}
    assert max(lengths_s) <= speaker.clips.length_s(LEAVE) + REPEAT_S + 0.3
    speaker.say(SILENCE, 10.0)
    count = len(speaker.heard)
    assert len(speaker.wait(30.0).heard) == count


def test_an_emergency_without_clips_does_not_spin(tmp_path: Path) -> None:
    speaker = Speaker(tmp_path, sentences={ClipName("id", "a"): "a id."}).wait(1.0)
    assert speaker.say(LEAVE, 10.0).heard == []
    assert "id: a id." in speaker.say(A, 10.0).heard


def test_in_one_scene_the_same_is_said_at_most_twice(speaker: Speaker) -> None:
    for _ in range(5):
        speaker.say(A, 8.0).say(HINT, 8.0)
    assert speaker.heard.count("id: a id.") == MOST_TIMES
    assert speaker.heard.count("id: hint id.") == MOST_TIMES
    speaker.say(SILENCE, 1.0).say(A, 8.0)
    assert speaker.heard.count("id: a id.") == MOST_TIMES + 1


def refers(scene: str, *more: str) -> Speech:
    return Speech(scene, (place(Reason[scene]), *more), chime=Chime.REFER)


def test_referrals_of_one_visit_send_to_the_same_place_at_most_twice(speaker: Speaker) -> None:
    for scene in ("NOT_A_CREDENTIAL", "EXPIRED", "NOT_A_CREDENTIAL", "STATUS_UNKNOWN"):
        speaker.say(refers(scene, "a"), EVER_S)
    speaker.say(refers("EXPIRED"), EVER_S)
    assert speaker.heard.count("id: a id.") == MOST_TIMES
    assert speaker.heard.count("id: Meja petugas. Lobi.") == MOST_TIMES * len(LANGUAGES)
    speaker.say(A, 8.0).say(refers("EXPIRED"), EVER_S)
    assert speaker.heard[-1] == "id: Meja petugas. Lobi.", "another visit hears it again"


def test_a_place_that_is_being_said_for_the_last_time_is_said_to_its_end(speaker: Speaker) -> None:
    speaker.say(refers("NOT_A_CREDENTIAL", "a"), EVER_S).say(refers("EXPIRED", "a"), 0.5)
    assert speaker.say(refers("NOT_A_CREDENTIAL", "a"), EVER_S).heard.count("en: a en.") == MOST_TIMES


def test_a_hint_that_waits_is_dropped_when_the_screen_shows_one_that_was_said_often(speaker: Speaker) -> None:
    speaker.say(A, 8.0).say(HINT, 8.0).say(A, 8.0).say(Speech("A", ("warn",)), 0.1)
    speaker.say(Speech("A", ("b",)), 0.1).say(A, EVER_S)
    assert "id: b id." not in speaker.heard


def test_the_same_speech_twice_is_said_once(speaker: Speaker) -> None:
    assert speaker.say(A, 0.1).say(A, EVER_S).say(A, EVER_S).heard == ["id: a id.", "en: a en."]


def test_the_last_ten_seconds_are_said_once_and_cut_in(speaker: Speaker) -> None:
    at_s = speaker.clock.now_s() + 0.3
    speech = Speech("A", ("a",), hurry_at_s=at_s)
    speaker.say(speech, 1.0).say(speech, EVER_S).say(Speech("A", ("hint",), hurry_at_s=at_s), EVER_S)
    hurry = ["id: page.hurry id.", "en: page.hurry en."]
    assert speaker.heard == ["id: a id.-", *hurry, "id: hint id.", "en: hint en."]
    assert speaker.player.heard[1].from_s == pytest.approx(at_s, abs=0.01)


def test_a_scene_that_ends_in_time_is_not_hurried(speaker: Speaker) -> None:
    speaker.say(Speech("A", ("a",), hurry_at_s=speaker.clock.now_s() + 20.0), 10.0).say(B, EVER_S)
    assert not [words for words in speaker.heard if "hurry" in words]


# ---- volume and quiet hours


@pytest.mark.parametrize(("speech", "expected"), [(A, 0.5), (STOP, 0.5), (LEAVE, 1.0)])
def test_the_volume_is_that_of_the_settings_and_full_in_an_emergency(
    tmp_path: Path, speech: Speech, expected: float
) -> None:
    speaker = Speaker(tmp_path, {"volume": 50}, SENTENCES).wait(1.0)
    played: list[bytes] = []
    speaker.player.play = lambda audio: played.append(audio.samples)  # type: ignore[method-assign]
    speaker.say(speech, 0.0)
    whole = speaker.clips.audio(ClipName("id", speech.sentences[0]), 1.0).samples
    assert (played[0] == whole) is (expected == 1.0)
    assert len(played[0]) == len(whole)


@pytest.mark.parametrize(
    ("hours", "utc", "quiet"),
    [
        (("21:00", "06:00"), "13:59", False),
        (("21:00", "06:00"), "14:00", True),
        (("21:00", "06:00"), "22:59", True),
        (("21:00", "06:00"), "23:00", False),
        (("12:00", "13:00"), "05:30", True),
        (("12:00", "13:00"), "06:00", False),
        (("12:00", "12:00"), "05:00", False),
    ],
)
def test_quiet_hours_are_local_and_may_contain_midnight(hours: tuple[str, str], utc: str, quiet: bool) -> None:
    settings = QuietSettings(starts=hours[0], ends=hours[1])
    now = datetime.strptime(f"2026-11-23 {utc}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert is_quiet(settings, WallTime(now, True, ZoneInfo("Asia/Jakarta"))) is quiet
    assert not is_quiet(settings, WallTime(now, sure=False))
    assert not is_quiet(None, WallTime(now, sure=True))


def test_in_the_quiet_hours_only_an_emergency_is_said(tmp_path: Path) -> None:
    quiet = QuietSettings(starts="00:00", ends="23:59")
    speaker = Speaker(tmp_path, {"quiet": quiet}, SENTENCES).wait(1.0)
    assert speaker.say(A, 5.0).say(STOP, 5.0).heard == []
    assert speaker.say(LEAVE, 2.0).heard == ["id: leave id.", "en: leave en."]
    speaker.say(SILENCE, 10.0)
    speaker.sure = False
    assert speaker.say(A, 10.0).heard[-1] == "en: a en."


# ---- faults


def test_a_device_that_works_is_reported_before_anybody_comes(speaker: Speaker) -> None:
    assert (speaker.health, speaker.heard) == ([""], [])


@pytest.mark.parametrize("mishap", [Mishap.MISSING, Mishap.BUSY])
def test_a_missing_or_busy_device_is_a_fault_and_heals_by_itself(tmp_path: Path, mishap: Mishap) -> None:
    speaker = Speaker(tmp_path, sentences=SENTENCES)
    speaker.player.mishap = mishap
    assert speaker.wait(30.0).health == [f"speaker_{mishap.value}"]
    speaker.player.mishap = Mishap.NONE
    assert speaker.wait(RETRY_S + 1.0).health == [f"speaker_{mishap.value}", ""]
    assert speaker.say(A, EVER_S).heard == ["id: a id.", "en: a en."]


def test_an_unplugged_card_is_a_fault_at_the_next_speech_which_is_said_when_it_is_back(speaker: Speaker) -> None:
    speaker.player.mishap = Mishap.MISSING
    assert speaker.say(A, 5.0).health == ["", "speaker_missing"]
    speaker.player.mishap = Mishap.NONE
    speaker.wait(EVER_S)
    assert (speaker.health, speaker.heard) == (["", "speaker_missing", ""], ["id: a id.", "en: a en."])


def test_a_speech_that_is_not_needed_any_more_is_not_said_later(speaker: Speaker) -> None:
    speaker.player.mishap = Mishap.MISSING
    speaker.say(A, 5.0).say(SILENCE, 1.0)
    speaker.player.mishap = Mishap.NONE
    assert speaker.wait(EVER_S).heard == []


def test_a_hung_device_is_left_in_time_and_is_a_fault(speaker: Speaker) -> None:
    speaker.player.mishap = Mishap.HANGS
    length_s = speaker.clips.audio(ClipName("id", "a"), 1.0).length_s
    speaker.say(A, length_s + GRACE_S - 0.1)
    assert speaker.health == [""]
    assert speaker.wait(0.2).health == ["", "speaker_silent"]
    speaker.player.mishap = Mishap.NONE
    assert speaker.wait(EVER_S).heard == ["id: a id.", "en: a en."]
    assert speaker.health == ["", "speaker_silent", ""]


def test_an_emergency_is_said_as_soon_as_the_device_is_back(speaker: Speaker) -> None:
    speaker.player.mishap = Mishap.BUSY
    speaker.say(LEAVE, 10.0)
    speaker.player.mishap = Mishap.NONE
    assert speaker.wait(RETRY_S + 1.0).heard[0] == "id: leave id."


def test_a_full_inbox_gets_the_report_later(tmp_path: Path) -> None:
    speaker = Speaker(tmp_path, sentences=SENTENCES)
    speaker.deaf = True
    speaker.wait(5.0)
    speaker.deaf = False
    speaker.say(A, 5.0)
    assert speaker.health == [""]


def test_missing_clips_are_a_fault_and_the_others_are_said(tmp_path: Path) -> None:
    speaker = Speaker(tmp_path, sentences=SENTENCES, spoilt=(ClipName("id", "a"),)).wait(1.0)
    assert speaker.health == ["speaker_clips"]
    assert speaker.say(Speech("A", ("a", "b")), EVER_S).heard == ["id: b id.", "en: a en.", "en: b en."]


def test_the_end_of_the_worker_is_silence(speaker: Speaker) -> None:
    speaker.say(LEAVE, 0.5)
    assert speaker.worker.stop(0.1)
    assert speaker.player.closed
    assert speaker.heard == ["id: leave id.-"]
