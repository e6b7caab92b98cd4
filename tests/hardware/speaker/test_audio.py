"""WAV files that are used, and those that are not; the three sounds."""

import contextlib
import io
import itertools
import math
import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.display.speech import Chime
from kiosk.errors import DeviceError
from kiosk.hardware.speaker.audio import LONGEST_S, Audio, from_numbers, parse_wav, peak, read_wav, scaled, wav_bytes
from kiosk.hardware.speaker.sounds import RATE_HZ, TONES, sound_of

PATH = Path("clip.wav")


def wav(rate_hz: int = 22050, channels: int = 1, width: int = 2, frames: int = 100) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(width)
        writer.setframerate(rate_hz)
        writer.writeframes(bytes(frames * channels * width))
    return file.getvalue()


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (22050, 1), (44100, 2), (48000, 2)])
def test_a_recording_may_have_any_usual_rate_and_one_or_two_channels(rate_hz: int, channels: int) -> None:
    audio = parse_wav(wav(rate_hz, channels, frames=rate_hz), PATH)
    assert (audio.rate_hz, audio.channels, audio.length_s) == (rate_hz, channels, 1.0)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is no WAV file"),
        (b"MP3 and more", "is no WAV file"),
        (wav()[:30], "is no WAV file"),
        (wav()[:-7], "is empty or cut off"),
        (wav(frames=0), "is empty or cut off"),
        (wav(width=1), "has 8 bits a sample; 16 are allowed"),
        (wav(width=3), "has 24 bits a sample; 16 are allowed"),
        (wav(rate_hz=4000), "4000 Hz"),
        (wav(rate_hz=96000), "96000 Hz"),
        (wav(channels=3), "3 channels"),
        (wav(rate_hz=8000, frames=int(8000 * (LONGEST_S + 1))), "lasts 21.0 s; at most 20 s"),
        (bytes(5_000_000), "is longer than"),
    ],
)
def test_other_files_are_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(DeviceError, match=reason) as caught:
        parse_wav(data, PATH)
    assert caught.value.fault == "speaker_clips"


def test_a_file_that_is_missing_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="is missing"):
        read_wav(tmp_path / "no.wav")
    with pytest.raises(DeviceError, match="cannot be read"):
        read_wav(tmp_path)


@given(st.binary(max_size=200))
def test_any_bytes_are_audio_or_one_error(data: bytes) -> None:
    whole = wav()
    for forged in (data, whole[:20] + data, whole[: 44 - len(data) % 44] + data):
        with contextlib.suppress(DeviceError):
            assert parse_wav(forged, PATH).samples


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=50), st.floats(0.0, 3.0))
def test_the_volume_multiplies_every_sample_and_never_wraps_around(numbers: list[int], factor: float) -> None:
    audio = from_numbers(8000, numbers)
    louder = scaled(audio, factor)
    assert len(louder.samples) == len(audio.samples)
    assert peak(louder) <= min(32768, math.ceil(peak(audio) * factor) + 1)
    assert scaled(audio, 1.0) == audio
    assert parse_wav(wav_bytes(audio), PATH) == audio


def tones(audio: Audio) -> list[int]:
    """The frequencies that are heard in `audio`, by the crossings of zero between its pauses."""
    numbers = [
        int.from_bytes(audio.samples[at : at + 2], "little", signed=True) for at in range(0, len(audio.samples), 2)
    ]
    found = []
    for start in range(0, len(numbers), RATE_HZ // 25):
        part = numbers[start : start + RATE_HZ // 25]
        ups = [at for at, (one, two) in enumerate(itertools.pairwise(part)) if one < 0 <= two]
        if len(ups) > 3:
            found.append(round((len(ups) - 1) * RATE_HZ / (ups[-1] - ups[0])))
    return found


def test_the_three_sounds_differ_in_tones_and_length() -> None:
    heard = {chime: tones(sound_of(chime)) for chime in Chime}
    assert heard[Chime.PASS][0] < heard[Chime.PASS][-1] - 300, "it rises"
    assert heard[Chime.REFER][0] > heard[Chime.REFER][-1] + 100, "it falls"
    assert max(heard[Chime.WAIT]) - min(heard[Chime.WAIT]) < 30, "it is one tone"
    lengths_s = sorted(sound_of(chime).length_s for chime in Chime)
    assert all(later - sooner > 0.15 for sooner, later in itertools.pairwise(lengths_s))
    assert max(lengths_s) < 0.8
    assert {len(pairs) for pairs in TONES.values()} == {2, 3}


def test_a_sound_has_the_wanted_volume() -> None:
    assert peak(sound_of(Chime.PASS)) == pytest.approx(2 * peak(sound_of(Chime.PASS, 0.5)), rel=0.01)
