"""The doctor's checks of the sound, by the answers of real machines."""

from pathlib import Path

import pytest

from kiosk.errors import DeviceError, KioskError
from kiosk.health import checks_sound
from kiosk.health.doctor import ask
from kiosk.health.findings import Condition, HostMachine

CARDS = (
    " 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones\n                      bcm2835 Headphones\n"
    " 1 [vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0\n                      vc4-hdmi-0\n"
)
PCM = """Simple mixer control 'PCM',0
  Capabilities: pvolume pvolume-joined pswitch pswitch-joined
  Playback channels: Mono
  Limits: Playback -10239 - 400
  Mono: Playback -2000 [{percent}%] [-20.00dB] [{switch}]
"""
USB = """Simple mixer control 'Speaker',0
  Capabilities: pvolume pswitch pswitch-joined
  Playback channels: Front Left - Front Right
  Limits: Playback 0 - 151
  Front Left: Playback 100 [66%] [-19.13dB] [on]
  Front Right: Playback 100 [66%] [-19.13dB] [on]
Simple mixer control 'Mic',0
  Capabilities: cvolume cvolume-joined cswitch cswitch-joined
  Mono: Capture 8192 [50%] [0.00dB] [off]
"""


def machine(root: Path, answers: dict[str, str]) -> HostMachine:
    return HostMachine(root, lambda command: answers.get(" ".join(command)))


def test_the_cards_are_named(tmp_path: Path) -> None:
    (tmp_path / "proc" / "asound").mkdir(parents=True)
    cards = tmp_path / "proc" / "asound" / "cards"
    cards.write_text(CARDS)
    assert checks_sound.card(machine(tmp_path, {})).found == "Headphones, vc4hdmi0"
    cards.write_text("--- no soundcards ---\n")
    assert checks_sound.card(machine(tmp_path, {})).state is Condition.WARN
    cards.unlink()
    assert "dtparam=audio=on" in checks_sound.card(machine(tmp_path, {})).remedy


@pytest.mark.parametrize(
    ("device", "command"),
    [
        ("default", "amixer -M scontents"),
        ("plughw:CARD=Headphones", "amixer -M -c Headphones scontents"),
        ("plughw:CARD=Headphones,DEV=0", "amixer -M -c Headphones scontents"),
        ("hw:1,0", "amixer -M -c 1 scontents"),
    ],
)
def test_the_mixer_of_the_device_is_asked(tmp_path: Path, device: str, command: str) -> None:
    asked = machine(tmp_path, {command: PCM.format(percent=77, switch="on")})
    assert checks_sound.mixer(asked, device).state is Condition.OK


@pytest.mark.parametrize(
    ("answer", "found", "remedy"),
    [
        (PCM.format(percent=77, switch="off"), "'PCM' is muted", "amixer -c Headphones sset 'PCM' unmute"),
        (PCM.format(percent=12, switch="on"), "'PCM' is at 12 per cent", "amixer -c Headphones -M sset 'PCM' 80%"),
        (USB, "neither muted nor low", ""),
        ("", "neither muted nor low", ""),
    ],
)
def test_a_muted_or_low_mixer_is_a_warning_with_the_command(
    tmp_path: Path, answer: str, found: str, remedy: str
) -> None:
    asked = machine(tmp_path, {"amixer -M -c Headphones scontents": answer})
    finding = checks_sound.mixer(asked, "plughw:CARD=Headphones")
    assert finding.found == found
    assert finding.remedy.startswith(remedy)


def test_without_amixer_the_doctor_says_what_to_install(tmp_path: Path) -> None:
    assert "alsa-utils" in checks_sound.mixer(machine(tmp_path, {}), "default").remedy


def test_a_loudspeaker_that_fails_is_a_warning_because_service_goes_on() -> None:
    def fails(error: KioskError) -> Condition:
        def probe() -> str:
            raise error

        return ask("device", probe).state

    assert fails(DeviceError("speaker", "gone", "speaker_missing")) is Condition.WARN
    assert fails(DeviceError("thermometer", "gone", "thermometer_silent")) is Condition.FAIL
