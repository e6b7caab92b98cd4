"""The real player: aplay on ALSA's file device, and on devices that are missing, busy or stuck."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.display.speech import Chime
from kiosk.errors import DeviceError
from kiosk.hardware.speaker.audio import Audio
from kiosk.hardware.speaker.player import AplayPlayer
from kiosk.hardware.speaker.sounds import sound_of
from kiosk.simulator.speaker import spell

from .alsa import FileDevice, needs_aplay, same_clip

pytestmark = needs_aplay

LONG = Audio(48000, 2, bytes(48000 * 4 * 3))


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileDevice:
    return FileDevice(tmp_path, monkeypatch)


@pytest.fixture
def player(device: FileDevice) -> Iterator[AplayPlayer]:
    player = AplayPlayer("listen")
    yield player
    player.close()


def play(player: AplayPlayer, audio: Audio) -> None:
    """Play to the end, or raise the error of the device."""
    player.play(audio)
    assert player._process
    player._process.wait(20.0)
    assert player.ended()


def children() -> set[int]:
    """Return the processes that this one started and that still run."""
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def test_what_is_played_is_heard_whole_and_in_order(player: AplayPlayer, device: FileDevice) -> None:
    clips = [spell("id", "Silakan masuk."), sound_of(Chime.PASS), LONG, spell("en", "Please enter.")]
    for clip in clips:
        play(player, clip)
    played = device.played()
    assert len(played) == len(clips)
    assert all(same_clip(sound, clip) for sound, clip in zip(played, clips, strict=True))


def test_a_device_that_does_not_exist_is_named_with_its_complaint(device: FileDevice) -> None:
    player = AplayPlayer("nowhere")
    with pytest.raises(DeviceError, match=r"'nowhere': aplay: .*No such") as caught:
        play(player, LONG)
    assert caught.value.fault == "speaker_missing"
    with pytest.raises(DeviceError, match=r"'nowhere': aplay: .*No such"):  # not the complaint twice
        play(player, LONG)
    player.close()


def fake_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, script: str) -> None:
    program = tmp_path / "bin" / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


@pytest.mark.parametrize(
    ("script", "fault", "words"),
    [
        ("echo 'aplay: main:831: audio open error: Device or resource busy' >&2; exit 1", "speaker_busy", "busy"),
        ("echo 'aplay: pcm_write:2127: write error: No such device' >&2; exit 1", "speaker_missing", "write error"),
        ("printf 'a\\033[2Jb' >&2; exit 1", "speaker_missing", r"a\?\[2Jb"),
        ("exit 1", "speaker_missing", "without a word"),
        ("yes underrun | head -c 2700000 >&2; exit 1", "speaker_missing", "underrun"),
    ],
)
def test_each_end_of_aplay_is_a_fault_with_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, fault: str, words: str
) -> None:
    fake_program(tmp_path, monkeypatch, "aplay", script)
    player = AplayPlayer("default")
    with pytest.raises(DeviceError, match=words) as caught:
        play(player, LONG)
    assert caught.value.fault == fault
    assert len(str(caught.value)) < 200
    player.close()


@pytest.mark.parametrize("program", ["aplay", "setpriv"])
def test_a_program_that_is_not_installed_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    (tmp_path / "bin").mkdir()
    if program == "aplay":
        (tmp_path / "bin" / "setpriv").symlink_to("/usr/bin/setpriv")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    player = AplayPlayer("default")
    with pytest.raises(DeviceError, match=program) as caught:
        play(player, LONG)
    assert caught.value.fault == "speaker_missing"
    player.close()


def test_a_stuck_device_is_left_at_once_and_the_next_clip_is_played(device: FileDevice, player: AplayPlayer) -> None:
    stuck = AplayPlayer("stuck")
    before = children()
    stuck.play(LONG)
    assert not stuck.ended()
    stuck.stop()
    assert children() <= before
    stuck.close()
    play(player, sound_of(Chime.WAIT))
    assert len(device.played()) == 1


def test_stop_without_a_clip_and_after_its_end_does_nothing(player: AplayPlayer) -> None:
    player.stop()
    assert player.ended()
    play(player, sound_of(Chime.WAIT))
    player.stop()
    player.stop()


ORPHAN = """
import sys
from pathlib import Path
from kiosk.hardware.speaker.player import AplayPlayer
from kiosk.hardware.speaker.audio import Audio
player = AplayPlayer("stuck")
player.play(Audio(48000, 2, bytes(4 * 48000)))
while Path(f"/proc/{player._process.pid}/comm").read_text() != "aplay\\n":
    pass
print(player._process.pid, flush=True)
sys.stdin.read()
"""


def test_the_player_does_not_outlive_a_killed_kiosk(device: FileDevice) -> None:
    kiosk = subprocess.Popen([sys.executable, "-c", ORPHAN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert kiosk.stdout
    player = int(kiosk.stdout.readline())
    pidfd = os.pidfd_open(player)
    kiosk.send_signal(signal.SIGKILL)
    kiosk.communicate()
    ended, _, _ = select.select([pidfd], [], [], 20.0)
    os.close(pidfd)
    assert ended
