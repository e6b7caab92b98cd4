"""Players of audio: the protocol, and the real one, which runs `aplay` of Debian's alsa-utils for each clip.

A process is used instead of a library in this one because a write to a sound device can block for ever in the kernel or
in alsa-lib (alsa-lib issue 321: only ending the process helps; raspberrypi/linux issue 999: the end of a clip takes
seconds too long), and a thread cannot be ended. The libraries have no advantage besides: pyalsaaudio has no wheels for
aarch64, and Debian 12 has a release of 2018; sounddevice needs PortAudio.

Rule 1: no call waits for the sound device. The samples lie in a file in memory that aplay reads, so nothing is fed.
Rule 2: aplay is started without a helper between it and this process, so that it is known when the device is free
again: a process that was waited for has closed its files. If this process is killed, systemd ends what is left in its
control group (KillMode=); elsewhere aplay plays the rest of its clip and ends. A launcher such as setpriv cannot be
used, because it calls capset(2), which the unit forbids.
Rule 3: the volume is that of the samples. The mixer of the card belongs to the machine and is not touched.
"""

import contextlib
import logging
import os
import subprocess
from typing import Protocol

from kiosk.errors import DeviceError, printable
from kiosk.hardware.speaker.audio import Audio

logger = logging.getLogger(__name__)

KILLED_S = 0.2
"""Longest wait for the end of a killed process; the kernel needs milliseconds, unless a driver holds it."""

MAX_COMPLAINT = 160
"""A complaint of aplay is logged and shown up to this number of characters."""


class Player(Protocol):
    """Plays one piece of audio at a time."""

    def play(self, audio: Audio) -> None:
        """Begin to play `audio`. Raises `DeviceError` if that is not possible."""

    def ended(self) -> bool:
        """Return True if the audio was played to its end. Raises `DeviceError` if the device failed."""
        ...

    def stop(self) -> None:
        """Stop the sound now; without effect if nothing is played."""

    def close(self) -> None:
        """Stop the sound and release the device; called once."""


class AplayPlayer:
    """Plays by `aplay` on the ALSA device `device`."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints = os.memfd_create("complaints")

    def play(self, audio: Audio) -> None:
        """Begin to play `audio`.

        Raises `DeviceError`: speaker_missing without the program, speaker_silent if the killed player before still has
        the device.
        """
        if self._process and self._process.poll() is None:
            raise DeviceError("speaker", "a player that was ended still holds the sound device", "speaker_silent")
        form = ("-t", "raw", "-f", "S16_LE", "-r", str(audio.rate_hz), "-c", str(audio.channels))
        os.ftruncate(self._complaints, 0)
        os.lseek(self._complaints, 0, os.SEEK_SET)
        samples = os.memfd_create("clip")
        try:
            with os.fdopen(os.dup(samples), "wb") as file:
                file.write(audio.samples)
            os.lseek(samples, 0, os.SEEK_SET)
            self._process = subprocess.Popen(  # noqa: S603 - the schema checks the device's name
                ("aplay", "-q", "-D", self._device, *form, "-"),  # noqa: S607 - from the PATH of the unit
                stdin=samples,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                env={**os.environ, "LC_ALL": "C"},  # its complaints are compared with English words
            )
        except FileNotFoundError as error:
            raise DeviceError("speaker", "aplay is not installed", "speaker_missing") from error
        except OSError as error:
            raise DeviceError("speaker", f"aplay cannot be started ({error.strerror})", "speaker_silent") from error
        finally:
            os.close(samples)

    def ended(self) -> bool:
        """Return True if aplay has ended without a complaint. Raises `DeviceError` if it ended with one."""
        code = self._process.poll() if self._process else 0
        if code is None:
            return False
        if code:
            complaint = self._complaint()
            busy = "busy" in complaint.lower()
            raise DeviceError("speaker", complaint, "speaker_busy" if busy else "speaker_missing")
        return True

    def wait(self, for_s: float) -> bool:
        """Wait at most `for_s` real seconds for the end of aplay. Returns and raises as `ended` does."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process:
                self._process.wait(for_s)
        return self.ended()

    def stop(self) -> None:
        """Kill aplay, and wait at most `KILLED_S` for its end."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.kill()
        try:
            process.wait(KILLED_S)
        except subprocess.TimeoutExpired:
            logger.warning("speaker: the ended player does not release the sound device yet")

    def close(self) -> None:
        """Stop, and free the file for complaints."""
        self.stop()
        os.close(self._complaints)

    def _complaint(self) -> str:
        """Return the last line that aplay wrote; its own lines come after those of the library."""
        size = os.fstat(self._complaints).st_size
        text = os.pread(self._complaints, 2048, max(size - 2048, 0)).decode("ascii", "replace")
        lines = [line for line in text.splitlines() if line.strip()]
        last = printable(lines[-1]) if lines else ""
        return f"'{self._device}': {last[:MAX_COMPLAINT] or 'aplay failed without a word'}"
