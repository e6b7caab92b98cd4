"""`kiosk voice` and the loudspeaker's part of `kiosk check`, as a technician types them."""

import re
import shutil
from pathlib import Path

import pytest

from kiosk.commands import voice
from kiosk.hardware.speaker import rendering
from kiosk.hardware.speaker.audio import Audio, wav_bytes
from kiosk.simulator.speaker import spell, words_of
from tests.commands.test_cli import kiosk
from tests.hardware.speaker.alsa import FileDevice, needs_aplay

ROOT = Path(__file__).parents[2]
SITE = """
door: {relay_pin: 17}
sprayer: {relay_pin: 27}
chamber: {when: occupied, warn_s: 8.0}
sequence: [disinfect]
inputs: {presence: {pin: 5}, door_contact: {pin: 6}, skip: {pin: 13}, officer: {pin: 12}}
speaker: {device: listen, clips: voice}
referrals:
  officer: {title: Meja petugas, address: Lobi}
  places: {fever: {title: Puskesmas / clinic, address: (di seberang jalan)}}
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file of a site with a loudspeaker, and a voice that needs no synthesiser."""
    shutil.copytree(ROOT / "config" / "texts", tmp_path / "texts")
    (tmp_path / "kiosk.yaml").write_text(SITE)
    monkeypatch.setattr(rendering, "espeak", spell)
    return tmp_path / "kiosk.yaml"


def test_render_makes_every_sentence_once(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("voice", "render", "--dry-run", "--config", site) == 1
    assert kiosk("voice", "render", "--config", site) == 0
    assert "recordings taken over: 0" in capsys.readouterr().out
    assert kiosk("voice", "render", "--dry-run", "--config", site) == 0
    assert kiosk("voice", "render", "--config", site) == 0
    assert "rendered: 0," in capsys.readouterr().out
    assert kiosk("voice", "list", "--config", site) == 0
    listed = capsys.readouterr().out
    assert "good      id/place.officer                              Meja petugas. Lobi." in listed
    assert "Puskesmas, clinic. di seberang jalan." in listed
    assert "good      en/admitting.headline                         Please enter." in listed


def test_a_changed_text_is_found_and_rendered_again(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kiosk("voice", "render", "--config", site)
    text = site.parent / "texts" / "id.yaml"
    text.write_text(text.read_text("utf-8").replace('"Silakan masuk"', '"Ayo masuk"'), "utf-8")
    assert kiosk("check", site) == 0
    printed = capsys.readouterr().out
    assert f"{site}: warning: speaker.clips: " in printed
    assert "id/admitting.headline.wav' says another sentence than today's texts; run 'sudo kiosk voice" in printed
    assert kiosk("voice", "list", "--config", site) == 1
    kiosk("voice", "render", "--config", site)
    assert "rendered: 1," in capsys.readouterr().out


def test_check_names_the_first_missing_clips_and_counts_the_others(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kiosk("check", "--elsewhere", site) == 0
    before = re.search(r"0 errors, (\d+) warnings?$", capsys.readouterr().out, re.MULTILINE)
    assert before
    assert kiosk("check", site) == 0
    printed = capsys.readouterr().out
    warnings = [line for line in printed.splitlines() if "speaker.clips" in line]
    assert len(warnings) == voice.MOST_LINES + 1
    assert f"\n{site}: 0 errors, {int(before[1]) + len(warnings)} warnings\n" in printed
    assert "is missing; run 'sudo kiosk voice render'" in warnings[0]
    assert "more clips; 'kiosk voice list' shows all" in warnings[-1]
    assert kiosk("check", "--elsewhere", site) == 0
    assert "speaker.clips" not in capsys.readouterr().out


def test_check_tells_that_the_warning_lasts_as_long_as_its_speech(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kiosk("check", site)
    assert "the warning before a spray" not in capsys.readouterr().out
    kiosk("voice", "render", "--config", site)
    kiosk("check", site)
    assert "note: the warning before a spray lasts " in capsys.readouterr().out


def test_a_recording_of_an_old_text_is_reported_by_render(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kiosk("voice", "render", "--config", site)
    (site.parent / "voice" / "id" / "place.fever.wav").write_bytes(wav_bytes(Audio(8000, 1, bytes(8000))))
    assert kiosk("voice", "render", "--config", site) == 0
    assert "recordings taken over: 1" in capsys.readouterr().out
    site.write_text(SITE.replace("Puskesmas", "Rumah sakit"))
    assert kiosk("voice", "render", "--config", site) == 1
    assert "record it again" in capsys.readouterr().err
    assert kiosk("voice", "render", "--dry-run", "--config", site) == 0, "an installer does not try in vain for ever"


def test_a_site_without_a_loudspeaker_has_nothing_to_render(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.write_text(SITE.replace("speaker: {device: listen, clips: voice}\n", ""))
    assert kiosk("voice", "render", "--config", site) == 0
    assert "does not speak" in capsys.readouterr().out
    assert kiosk("voice", "list", "--config", site) == 0
    assert kiosk("voice", "say", "--config", site) == 3
    assert kiosk("check", site) == 0
    assert "speaker" not in capsys.readouterr().out.replace("section 'speaker'", "")


def test_a_folder_that_cannot_be_written_is_an_error_with_the_remedy(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site.parent / "voice").mkdir()
    (site.parent / "voice" / "id").write_text("a file in the way")
    assert kiosk("voice", "render", "--config", site) == 3
    assert "run it with sudo" in capsys.readouterr().err


@needs_aplay
def test_say_plays_the_sentence_in_every_language(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    device = FileDevice(site.parent, monkeypatch)
    assert kiosk("voice", "say", "--config", site) == 3
    assert "there is no clip for 'admitting.headline'" in capsys.readouterr().err
    kiosk("voice", "render", "--config", site)
    assert kiosk("voice", "say", "emergency.headline", "--config", site) == 0
    heard = [words_of(Audio(8000, 1, samples)) for samples in device.played()[1:]]
    assert heard == ["id: Segera keluar.", "en: Leave now."]
