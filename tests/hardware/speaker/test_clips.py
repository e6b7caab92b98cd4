"""The folder of the clips: what is rendered, kept, taken over, reported, and never played."""

import json
from pathlib import Path

import pytest

from kiosk.display.speech import Speech, place, way
from kiosk.errors import DeviceError, KioskError
from kiosk.hardware.speaker.audio import Audio, read_wav, wav_bytes
from kiosk.hardware.speaker.clips import (
    MANIFEST,
    PAUSE_S,
    ClipName,
    Clips,
    ClipStanding,
    demand_whole,
    inspect,
    read_manifest,
)
from kiosk.hardware.speaker.rendering import espeak, render
from kiosk.model import Reason
from kiosk.simulator.speaker import spell, words_of

ENTER, LEAVE = ClipName("id", "enter"), ClipName("en", "leave")
SENTENCES = {ENTER: "Silakan masuk.", LEAVE: "Leave now."}
CHANGED = {**SENTENCES, ENTER: "Ayo masuk."}
RECORDING = Audio(44100, 2, bytes(44100))


def standing(folder: Path, sentences: dict[ClipName, str] = SENTENCES) -> dict[ClipName, ClipStanding]:
    return {report.name: report.standing for report in inspect(folder, sentences)}


def record(folder: Path, audio: Audio = RECORDING) -> None:
    ENTER.path(folder).write_bytes(wav_bytes(audio))


def audio(folder: Path) -> str:
    return words_of(read_wav(ENTER.path(folder)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which every sentence was rendered."""
    made = render(tmp_path / "voice", SENTENCES, spell)
    assert sorted(made.made) == ["en/leave", "id/enter"]
    return tmp_path / "voice"


def test_a_second_run_changes_nothing(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    done = render(folder, SENTENCES, spell)
    assert (done.made, done.taken_over, done.removed, done.left) == ([], [], [], [])
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_every_user_can_read_the_clips(folder: Path) -> None:
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*.*")} == {0o644}


def test_a_changed_sentence_is_outdated_and_rendered_again(folder: Path) -> None:
    assert standing(folder, CHANGED) == {ENTER: ClipStanding.OUTDATED, LEAVE: ClipStanding.GOOD}
    assert render(folder, CHANGED, spell).made == ["id/enter"]
    assert audio(folder) == "id: Ayo masuk."


def test_a_missing_clip_is_rendered_again(folder: Path) -> None:
    ENTER.path(folder).unlink()
    assert standing(folder)[ENTER] is ClipStanding.MISSING
    assert render(folder, SENTENCES, spell).made == ["id/enter"]


def test_a_damaged_rendered_clip_is_rendered_again(folder: Path) -> None:
    ENTER.path(folder).write_bytes(b"nothing")
    assert standing(folder)[ENTER] is ClipStanding.DAMAGED
    assert render(folder, SENTENCES, spell).made == ["id/enter"]


def test_a_recording_is_taken_over_and_stays(folder: Path) -> None:
    record(folder)
    assert standing(folder)[ENTER] is ClipStanding.REPLACED
    assert render(folder, SENTENCES, spell).taken_over == ["id/enter"]
    assert standing(folder)[ENTER] is ClipStanding.GOOD
    assert read_wav(ENTER.path(folder)) == RECORDING


def test_a_recording_of_another_sentence_is_reported_and_never_overwritten(folder: Path) -> None:
    record(folder)
    render(folder, SENTENCES, spell)
    left = render(folder, CHANGED, spell).left
    assert "says another sentence" in left[0]
    assert "record it again" in left[0]
    assert read_wav(ENTER.path(folder)) == RECORDING
    record(folder, Audio(8000, 1, bytes(16000)))
    assert render(folder, CHANGED, spell).taken_over == ["id/enter"]
    assert standing(folder, CHANGED)[ENTER] is ClipStanding.GOOD


def test_a_damaged_recording_is_reported_and_never_overwritten(folder: Path) -> None:
    record(folder)
    render(folder, SENTENCES, spell)
    ENTER.path(folder).write_bytes(b"half a recording")
    assert "is no WAV file" in render(folder, SENTENCES, spell).left[0]
    assert ENTER.path(folder).read_bytes() == b"half a recording"


def test_a_rendered_clip_that_nobody_needs_is_removed_and_a_recording_is_kept(folder: Path) -> None:
    record(folder)
    render(folder, SENTENCES, spell)
    assert render(folder, {}, spell).removed == ["en/leave"]
    assert ENTER.path(folder).exists()
    assert not LEAVE.path(folder).exists()


def test_a_voice_that_fails_half_way_keeps_what_was_made(tmp_path: Path) -> None:
    def fails_in_english(language: str, sentence: str) -> Audio:
        if language == "en":
            raise KioskError("no English today")
        return spell(language, sentence)

    with pytest.raises(KioskError, match="no English"):
        render(tmp_path, SENTENCES, fails_in_english)
    assert standing(tmp_path) == {ENTER: ClipStanding.GOOD, LEAVE: ClipStanding.MISSING}


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"id/enter": 1}', '{"id/enter": {"sentence": "x"}}', "[" * 100_000]
)
def test_a_damaged_manifest_is_one_error(folder: Path, content: str) -> None:
    (folder / MANIFEST).write_text(content)
    with pytest.raises(DeviceError, match="is damaged; remove it") as caught:
        read_manifest(folder)
    assert caught.value.fault == "speaker_clips"
    clips = Clips(folder, SENTENCES, ("id",))
    assert clips.of(Speech("A", ("enter",))) == []
    assert len(clips.missing) == 1 + len(SENTENCES)


def test_a_rendered_file_is_never_taken_for_a_recording(folder: Path) -> None:
    (folder / MANIFEST).unlink()
    assert set(standing(folder).values()) == {ClipStanding.OUTDATED}
    done = render(folder, SENTENCES, spell)
    assert (sorted(done.made), done.taken_over) == (["en/leave", "id/enter"], [])


def test_an_outdated_clip_is_never_played(folder: Path) -> None:
    clips = Clips(folder, CHANGED, ("id", "en"))
    assert clips.missing == ["id/enter"]
    assert clips.of(Speech("A", ("enter", "leave"))) == [LEAVE]


def test_a_file_that_the_manifest_does_not_know_is_not_played(folder: Path) -> None:
    (folder / MANIFEST).write_text(json.dumps({}))
    assert Clips(folder, SENTENCES, ("id", "en")).of(Speech("A", ("enter", "leave"))) == []


def test_the_length_of_a_speech_counts_every_language_and_the_pauses(folder: Path) -> None:
    clips = Clips(folder, {**SENTENCES}, ("id", "en"))
    both = sum(clips.audio(name, 1.0).length_s for name in (ENTER, LEAVE)) + PAUSE_S
    assert clips.length_s(Speech("A", ("enter", "leave"))) == pytest.approx(both)
    assert clips.length_s(Speech("A")) == 0.0


def test_a_reason_without_a_place_of_its_own_sends_to_the_officer(tmp_path: Path) -> None:
    places = {ClipName("id", place(None)): "Meja.", ClipName("id", place(Reason.FEVER)): "Puskesmas."}
    render(tmp_path, places, spell)
    clips = Clips(tmp_path, places, ("id", "en"))
    assert {name.key for name in clips.of(Speech("A", (place(Reason.FEVER),)))} == {"place.fever"}
    assert {name.key for name in clips.of(Speech("A", (place(Reason.FULL),)))} == {"place.officer"}


def test_the_way_is_that_to_the_place_that_was_named(tmp_path: Path) -> None:
    there = {
        ClipName("id", place(None)): "Meja.",
        ClipName("id", way(None)): "Ke kanan.",
        ClipName("en", way(None)): "To the right.",
        ClipName("id", place(Reason.FEVER)): "Puskesmas.",
    }
    render(tmp_path, there, spell)
    clips = Clips(tmp_path, there, ("id", "en"))
    officer = clips.of(Speech("A", (place(Reason.FULL), way(Reason.FULL))))
    assert [(name.language, name.key) for name in officer] == [
        ("id", "place.officer"),
        ("id", "way.officer"),
        ("id", "place.officer"),
        ("en", "way.officer"),
    ]
    fever = clips.of(Speech("A", (place(Reason.FEVER), way(Reason.FEVER))))
    assert {name.key for name in fever} == {"place.fever"}, "the way to the officer would be the wrong one"


def test_without_espeak_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(KioskError, match="apt-get install espeak-ng"):
        espeak("id", "Halo.")


def test_clips_of_a_bundle_come_first_where_they_say_todays_sentence(folder: Path, tmp_path: Path) -> None:
    render(tmp_path / "bundle", {**CHANGED, LEAVE: "Another sentence."}, spell)
    clips = Clips(folder, CHANGED, ("id", "en"), over=tmp_path / "bundle")
    assert clips.missing == []
    assert [words_of(clips.audio(name, 1.0)) for name in (ENTER, LEAVE)] == ["id: Ayo masuk.", "en: Leave now."]
    assert Clips(folder, CHANGED, ("id", "en")).missing == ["id/enter"]


def test_a_bundle_with_a_damaged_manifest_leaves_the_clips_of_the_kiosk(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / MANIFEST).write_text("{")
    clips = Clips(folder, SENTENCES, ("id", "en"), over=tmp_path / "bundle")
    assert len(clips.missing) == 1
    assert words_of(clips.audio(ENTER, 1.0)) == "id: Silakan masuk."


def test_a_folder_for_a_bundle_has_exactly_the_clips_of_its_manifest(folder: Path) -> None:
    demand_whole(folder)
    good = ENTER.path(folder).read_bytes()
    for spoil, words in (
        (lambda: ENTER.path(folder).unlink(), "id/enter and 0 more stand only in the manifest"),
        (lambda: (folder / "id" / "more.wav").write_bytes(good), "id/more and 0 more stand only"),
        (lambda: record(folder), "is not the file of the manifest"),
        (lambda: ENTER.path(folder).write_bytes(b"RIFF"), "enter.wav"),
    ):
        spoil()
        with pytest.raises(DeviceError, match=words):
            demand_whole(folder)
        (folder / "id" / "more.wav").unlink(missing_ok=True)
        ENTER.path(folder).write_bytes(good)
