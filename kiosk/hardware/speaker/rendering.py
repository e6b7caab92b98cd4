"""Rendering: it makes the clips that are missing or outdated, with the speech synthesiser eSpeak NG.

Rule: a file that the manifest does not know is a recording of the site. It is kept, and from then on it counts as a
recording of today's sentence. When the sentence changes later, the recording is reported and not replaced.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.errors import KioskError
from kiosk.hardware.speaker.audio import Audio, peak, read_wav, rendered_wav_bytes, scaled
from kiosk.hardware.speaker.clips import (
    MANIFEST,
    ClipEntry,
    ClipName,
    ClipStanding,
    Sentences,
    digest,
    entry_name,
    inspect,
    manifest_bytes,
    read_manifest,
)
from kiosk.support.files import replace_file

WORDS_PER_MIN = 150
"""A little slower than the 175 of eSpeak NG, for people who stand in an echoing hall."""

PEAK = 0.9 * 32767
"""The largest sample of a rendered clip, so that all clips are equally loud."""

RENDER_S = 20.0
"""Longest time for one sentence."""

Voice = Callable[[str, str], Audio]
"""Returns the audio of a sentence in a language; raises `KioskError` if it cannot."""


@dataclass(slots=True)
class Rendered:
    """The result of a run: the names of the clips that it made, took over, removed, and could not mend."""

    made: list[str] = field(default_factory=list)
    taken_over: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def render(folder: Path, sentences: Sentences, voice: Voice) -> Rendered:
    """Make `folder` hold every sentence. A second run changes nothing.

    Raises `KioskError` if the voice fails, and `OSError` if a file cannot be written.
    """
    manifest, done = read_manifest(folder), Rendered()
    try:
        for report in inspect(folder, sentences):
            name = report.name
            if report.standing is ClipStanding.GOOD:
                continue
            if not report.can_be_mended:
                done.left.append(report.advice)
            elif report.standing is ClipStanding.REPLACED:
                content = name.path(folder).read_bytes()
                manifest[entry_name(name)] = _entry(sentences[name], content, recorded=True)
                done.taken_over.append(entry_name(name))
            else:
                content = rendered_wav_bytes(voice(name.language, sentences[name]))
                path = name.path(folder)
                path.parent.mkdir(parents=True, exist_ok=True)
                replace_file(path, content, durable=False)  # a second run makes again what a power cut takes
                manifest[entry_name(name)] = _entry(sentences[name], content, recorded=False)
                done.made.append(entry_name(name))
        _remove_unused(folder, sentences, manifest, done)
    finally:
        folder.mkdir(parents=True, exist_ok=True)
        if manifest_bytes(manifest) != manifest_bytes(read_manifest(folder)):
            replace_file(folder / MANIFEST, manifest_bytes(manifest))
    return done


def espeak(language: str, sentence: str) -> Audio:
    """Return the sentence as eSpeak NG says it. Raises `KioskError` if it is missing or has no such voice."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise KioskError("espeak-ng is not installed; type: sudo apt-get install espeak-ng")
    with tempfile.TemporaryDirectory(prefix="kiosk-voice-") as folder:
        file = Path(folder) / "clip.wav"
        command = [program, "-v", language, "-s", str(WORDS_PER_MIN), "-b", "1", "-w", str(file), "--stdin"]
        try:
            done = subprocess.run(  # noqa: S603 - the language is checked by the schema
                command, input=sentence.encode(), capture_output=True, timeout=RENDER_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise KioskError(f"espeak-ng failed: {error}") from error
        if done.returncode or not file.exists():
            raise KioskError(
                f"espeak-ng has no voice for '{language}'; 'espeak-ng --voices' lists them; without one, record the "
                "sentences ('kiosk voice list')"
            )
        audio = read_wav(file)
    return scaled(audio, PEAK / max(peak(audio), 1))


def _entry(sentence: str, content: bytes, *, recorded: bool) -> ClipEntry:
    return ClipEntry(digest(sentence.encode()), digest(content), recorded)


def _remove_unused(folder: Path, sentences: Sentences, manifest: dict[str, ClipEntry], done: Rendered) -> None:
    """Remove the rendered clips that no sentence needs any more; recordings stay."""
    needed = {entry_name(name) for name in sentences}
    for unused in [name for name, entry in manifest.items() if name not in needed and not entry.recorded]:
        language, _, key = unused.partition("/")
        path = ClipName(language, key).path(folder)
        if path.parent.parent == folder and path.is_file():
            path.unlink()
        del manifest[unused]
        done.removed.append(unused)
