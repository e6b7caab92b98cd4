"""The whole voice, listened to: sentences rendered by eSpeak NG, said by the worker, played by aplay.

The clock is virtual and the player waits for aplay, so nothing here depends on the speed of the machine.
"""

from pathlib import Path

import pytest

from kiosk.display.screens import screen_of
from kiosk.display.speech import Chime, Speech, speech_of
from kiosk.errors import KioskError
from kiosk.hardware.speaker.audio import Audio, peak, read_wav
from kiosk.hardware.speaker.clips import ClipName, Clips, ClipStanding, inspect
from kiosk.hardware.speaker.duty import SpeakerDuty
from kiosk.hardware.speaker.player import AplayPlayer
from kiosk.hardware.speaker.rendering import PEAK, espeak, render
from kiosk.hardware.speaker.sounds import sound_of
from kiosk.runtime.worker import InlineWorker
from kiosk.settings.schema.speaker import SpeakerSettings
from kiosk.simulator.clock import VirtualClock
from tests.booth import Booth
from tests.display.scenes import SCENES

from .alsa import FileDevice, needs_aplay, needs_espeak, same_clip
from .voices import LANGUAGES, shipped_sentences

pytestmark = [needs_aplay, needs_espeak]


class PatientPlayer(AplayPlayer):
    """Waits for aplay before it tells whether the clip has ended."""

    def ended(self) -> bool:
        if self._process:
            self._process.wait(20.0)
        return super().ended()


def speech(name: str) -> Speech:
    return speech_of(screen_of(*SCENES[name], can_skip=True))


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the clips of some scenes, rendered by eSpeak NG."""
    folder = tmp_path_factory.mktemp("voice")
    made = render(folder, wanted(), espeak)
    assert len(made.made) == len(wanted())
    return folder


def wanted() -> dict[ClipName, str]:
    keys = {key for name in ("warned", "admitting", "referring, fever") for key in speech(name).sentences}
    return {name: words for name, words in shipped_sentences().items() if name.key in keys | {"place.officer"}}


def test_the_rendered_clips_are_good_loud_and_as_long_as_their_sentence(voice: Path) -> None:
    assert {report.standing for report in inspect(voice, wanted())} == {ClipStanding.GOOD}
    for name, sentence in wanted().items():
        audio = read_wav(name.path(voice))
        assert peak(audio) == pytest.approx(PEAK, rel=0.02)
        assert 0.04 * len(sentence) < audio.length_s < 0.04 * len(sentence) + 3.5, sentence


def test_another_voice_says_another_clip(voice: Path) -> None:
    indonesian, english = (espeak(language, "Silakan masuk.") for language in LANGUAGES)
    assert indonesian.samples != english.samples


def test_a_language_without_a_voice_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(KioskError, match=r"no voice for 'xx'.*record the sentences"):
        espeak("xx", "Silakan masuk.")


@pytest.mark.parametrize(
    ("name", "chimes", "files"),
    [
        (
            "warned",
            [],
            [
                "id/disinfecting.warn.headline",
                "en/disinfecting.warn.headline",
                "id/disinfecting.skip",
                "en/disinfecting.skip",
            ],
        ),
        (
            "admitting",
            [Chime.PASS],
            [
                "id/admitting.headline",
                "en/admitting.headline",
                "id/admitting.instruction",
                "en/admitting.instruction",
            ],
        ),
        (
            "referring, fever",
            [Chime.REFER],
            ["id/referring.voice", "id/place.officer", "en/referring.voice", "id/place.officer"],
        ),
    ],
)
def test_the_played_speech_is_that_of_the_screen(
    voice: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, chimes: list[Chime], files: list[str]
) -> None:
    device, clock = FileDevice(tmp_path, monkeypatch), VirtualClock()
    clips = Clips(voice, wanted(), LANGUAGES)
    settings = SpeakerSettings(device="listen")
    duty = SpeakerDuty(PatientPlayer("listen"), clips, settings, clock, Booth.wall, lambda _event: True)
    worker = InlineWorker(duty, clock)
    worker.start()
    clock.advance(5.0)
    worker.put(speech(name))
    clock.advance(5.0)
    worker.stop(1.0)
    _probe, *played = device.played()
    expected: list[Audio] = [*map(sound_of, chimes), *(read_wav(voice / f"{file}.wav") for file in files)]
    assert len(played) == len(expected)
    assert all(same_clip(sound, clip) for sound, clip in zip(played, expected, strict=True))
    heard_s = sum(len(sound) / 2 / 22050 for sound in played[len(chimes) :])
    assert clips.length_s(speech(name)) == pytest.approx(heard_s, abs=2.0)


def test_a_recording_of_another_format_is_played_as_it_is(
    voice: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = FileDevice(tmp_path, monkeypatch)
    player = PatientPlayer("listen")
    recording = Audio(44100, 2, bytes(range(256)) * 1000)
    player.play(recording)
    assert player.ended()
    player.close()
    assert same_clip(device.played()[0], recording)
