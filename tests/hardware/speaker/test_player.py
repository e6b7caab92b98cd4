"""The real player: aplay on ALSA's file device, and on devices that are missing, busy or stuck."""

import os
import platform
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
    assert player.wait(20.0)


def children() -> set[int]:
    """Return the processes that this one started and that still run."""
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def test_clips_are_heard_whole_and_in_order(player: AplayPlayer, device: FileDevice) -> None:
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


def test_without_aplay_the_fault_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    player = AplayPlayer("default")
    with pytest.raises(DeviceError, match="aplay is not installed") as caught:
        play(player, LONG)
    assert caught.value.fault == "speaker_missing"
    player.close()


def test_a_stuck_device_is_left_at_once_and_the_next_clip_is_played(device: FileDevice, player: AplayPlayer) -> None:
    stuck = AplayPlayer("stuck")
    before = children()
    stuck.play(LONG)
    assert not stuck.ended()
    assert not stuck.wait(0.01)
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


KILLED = """
import os, signal
from kiosk.hardware.speaker.player import AplayPlayer
from kiosk.hardware.speaker.audio import Audio
player = AplayPlayer("listen")
player.play(Audio(48000, 2, bytes(4 * 48000 * 10)))
print(player._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_player_of_a_killed_kiosk_ends_by_itself(device: FileDevice) -> None:
    kiosk = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=False)
    assert kiosk.returncode == -signal.SIGKILL
    try:
        player = os.pidfd_open(int(kiosk.stdout))
    except ProcessLookupError:
        return
    ended, _, _ = select.select([player], [], [], 20.0)
    os.close(player)
    assert ended


CONFINED = """
import ctypes, struct
from kiosk.hardware.speaker.player import AplayPlayer
from kiosk.hardware.speaker.sounds import sound_of
from kiosk.display.speech import Chime

def rule(code, yes, no, value):
    return struct.pack("HBBI", code, yes, no, value)

LOAD, EQUAL, RETURN, ALLOW, NOT_PERMITTED = 0x20, 0x15, 0x06, 0x7FFF0000, 0x00050001
calls = {calls}
rules = [rule(LOAD, 0, 0, 0)]
for left, call in zip(range(len(calls), 0, -1), calls):
    rules.append(rule(EQUAL, left, 0, call))
rules += [rule(RETURN, 0, 0, ALLOW), rule(RETURN, 0, 0, NOT_PERMITTED)]

class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("rules", ctypes.c_void_p)]

memory = ctypes.create_string_buffer(b"".join(rules))
program = Program(len(rules), ctypes.cast(memory, ctypes.c_void_p))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
assert libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0, ctypes.get_errno()  # PR_SET_SECCOMP
assert libc.capset(None, None) == -1 and ctypes.get_errno() == 1
player = AplayPlayer("listen")
player.play(sound_of(Chime.PASS))
player._process.wait(20.0)
assert player.ended()
"""

FORBIDDEN = {
    "x86_64": {"capset": 126, "setpriority": 141, "setuid": 105, "setgroups": 116, "sched_setscheduler": 144},
    "aarch64": {"capset": 91, "setpriority": 140, "setuid": 146, "setgroups": 159, "sched_setscheduler": 119},
}
"""Numbers of system calls that the unit forbids (SystemCallFilter=~@privileged @resources)."""


@pytest.mark.skipif(platform.machine() not in FORBIDDEN, reason="NOT CHECKED: unknown numbers of system calls")
def test_the_player_needs_no_system_call_that_the_unit_forbids(device: FileDevice) -> None:
    calls = list(FORBIDDEN[platform.machine()].values())
    script = CONFINED.replace("{calls}", repr(calls))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert same_clip(device.played()[0], sound_of(Chime.PASS))
