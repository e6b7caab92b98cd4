"""ALSA's file device for the tests: what aplay plays is written into numbered files, which the tests read.

Without a sound card `file` over `null` does not run in real time, so a clip ends within milliseconds.
"""

import os
import shutil
from pathlib import Path

import pytest

from kiosk.hardware.speaker.audio import Audio

SYSTEM = "/usr/share/alsa/alsa.conf"
needs_aplay = pytest.mark.skipif(
    shutil.which("aplay") is None or not Path(SYSTEM).exists(),
    reason="NOT CHECKED: aplay is not installed; apt install alsa-utils",
)
needs_espeak = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="NOT CHECKED: espeak-ng is not installed; apt install espeak-ng"
)


class FileDevice:
    """The device "listen" writes what it plays to files in `folder`; "stuck" never takes a sample."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._sound = folder / "sound"
        os.mkfifo(folder / "stuck")  # opening it waits for a reader for ever
        config = folder / "asound.conf"
        config.write_text(
            f'pcm.listen {{ type file slave.pcm "null" file "{self._sound}" format "raw" truncate false }}\n'
            f'pcm.stuck {{ type file slave.pcm "null" file "{folder / "stuck"}" format "raw" }}\n'
        )
        monkeypatch.setenv("ALSA_CONFIG_PATH", f"{SYSTEM}:{config}")

    def played(self) -> list[bytes]:
        """Return the samples of each clip, in the order in which they were played."""
        later = sorted(self._sound.parent.glob("sound.*"))
        return [path.read_bytes() for path in (self._sound, *later) if path.exists()]


def same_clip(played: bytes, clip: Audio) -> bool:
    """Return True if exactly this clip was played; the device fills its last period with silence."""
    return played[: len(clip.samples)] == clip.samples and not any(played[len(clip.samples) :])
