"""The folder of the clips: one WAV file for each sentence in each language, and a manifest.

The manifest holds, for each file, a digest of the sentence that it says and a digest of the file as it was then. From
both it is known whether a file says what the kiosk would say today, and whether somebody replaced it by a recording.

Rule 1: a clip that says another sentence than today's is never played: it could send somebody to the wrong place.
Rule 2: all clips are read when the kiosk starts, so that a stalled memory card does not delay a speech.
"""

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from kiosk.display.speech import Speech, Urgency
from kiosk.errors import DeviceError
from kiosk.hardware.speaker.audio import Audio, is_rendered, parse_wav, read_wav, scaled

MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 2**20

PAUSE_S = 0.25
"""Silence between two sentences."""

RENDER = "run 'sudo kiosk voice render'"
RECORD_AGAIN = "record it again, or remove the file, and run 'sudo kiosk voice render'"


class ClipName(NamedTuple):
    """The name of a clip: the language, and the key of the sentence."""

    language: str
    key: str

    def path(self, folder: Path) -> Path:
        """Return the file of the clip in `folder`."""
        return folder / self.language / f"{self.key}.wav"


Sentences = Mapping[ClipName, str]
"""The sentences that the kiosk can say, as they are today."""


@dataclass(frozen=True, slots=True)
class ClipEntry:
    """The entry of one file in the manifest: digests of sentence and content, and whether it is a recording."""

    sentence: str
    content: str
    recorded: bool


class ClipStanding(Enum):
    """The standing of a clip. REPLACED: the file is another one than the manifest says, so it is a new recording."""

    GOOD = "good"
    MISSING = "missing"
    OUTDATED = "outdated"
    DAMAGED = "damaged"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class ClipReport:
    """The standing of one clip, and what to do about it; empty if nothing.

    recorded: True if the manifest says that the file is a recording of the site.
    """

    name: ClipName
    standing: ClipStanding
    advice: str = ""
    recorded: bool = False

    @property
    def can_be_mended(self) -> bool:
        """True if rendering, or taking a recording over, makes the clip good; a recording is never replaced."""
        return self.standing in (ClipStanding.MISSING, ClipStanding.REPLACED) or (
            self.standing in (ClipStanding.OUTDATED, ClipStanding.DAMAGED) and not self.recorded
        )


def digest(data: bytes) -> str:
    """Return the SHA-256 digest in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def read_manifest(folder: Path) -> dict[str, ClipEntry]:
    """Return the manifest of `folder`; it is empty if there is none yet.

    Raises `DeviceError` (speaker_clips) if it cannot be read or is damaged.
    """
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            data = file.read(MAX_MANIFEST_BYTES)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise DeviceError("speaker", f"'{path}' cannot be read ({error.strerror})", "speaker_clips") from error
    try:
        found = json.loads(data)
        return {str(name): ClipEntry(**entry) for name, entry in found.items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise DeviceError("speaker", f"'{path}' is damaged; remove it and {RENDER}", "speaker_clips") from error


def manifest_bytes(entries: Mapping[str, ClipEntry]) -> bytes:
    """Return the content of the manifest's file."""
    return json.dumps({name: asdict(entries[name]) for name in sorted(entries)}, indent=1).encode()


def entry_name(name: ClipName) -> str:
    """Return the name of a clip in the manifest."""
    return f"{name.language}/{name.key}"


def demand_whole(folder: Path) -> None:
    """Raise `DeviceError` (speaker_clips) unless `folder` has exactly the clips of its manifest, unchanged and usable.

    The clips of a bundle come from elsewhere and are nobody's recordings, so that none may differ.
    """
    manifest = read_manifest(folder)
    found = {path.relative_to(folder).as_posix().removesuffix(".wav"): path for path in folder.glob("*/*.wav")}
    if odd := sorted(found.keys() ^ manifest.keys()):
        message = f"'{folder}': {odd[0]} and {len(odd) - 1} more stand only in the manifest or only in the folder"
        raise DeviceError("speaker", f"{message}; {RENDER}", "speaker_clips")
    for name, path in found.items():
        read_wav(path)
        if digest(path.read_bytes()) != manifest[name].content:
            raise DeviceError("speaker", f"'{path}' is not the file of the manifest; {RENDER}", "speaker_clips")


def inspect(folder: Path, sentences: Sentences) -> list[ClipReport]:
    """Return the standing of every clip that is needed. Raises `DeviceError` if the manifest cannot be used."""
    manifest = read_manifest(folder)
    return [_report(folder, name, sentence, manifest.get(entry_name(name))) for name, sentence in sentences.items()]


def _report(folder: Path, name: ClipName, sentence: str, entry: ClipEntry | None) -> ClipReport:
    path, recorded = name.path(folder), entry is None or entry.recorded
    if not path.exists():
        return ClipReport(name, ClipStanding.MISSING, f"'{path}' is missing; {RENDER}")
    try:
        data = path.read_bytes()
        parse_wav(data, path)
    except DeviceError as error:
        return ClipReport(
            name, ClipStanding.DAMAGED, f"{str(error).removeprefix('speaker: ')}; {RECORD_AGAIN}", recorded
        )
    except OSError as error:
        return ClipReport(name, ClipStanding.DAMAGED, f"'{path}' cannot be read ({error.strerror})", recorded=True)
    if (entry is None or entry.content != digest(data)) and is_rendered(data):
        return ClipReport(name, ClipStanding.OUTDATED, f"'{path}' is from a run that was not finished; {RENDER}")
    if entry is None or entry.content != digest(data):
        return ClipReport(name, ClipStanding.REPLACED, f"'{path}' is a new recording; {RENDER} to take it over")
    if entry.sentence != digest(sentence.encode()):
        advice = RECORD_AGAIN if entry.recorded else RENDER
        return ClipReport(
            name, ClipStanding.OUTDATED, f"'{path}' says another sentence than today's texts; {advice}", recorded
        )
    return ClipReport(name, ClipStanding.GOOD)


class Clips:
    """The clips of a running kiosk, in memory: `missing` of those that it needs cannot be played.

    folder: the folder of the clips. sentences: what the kiosk can say. languages: the spoken ones, in turn. over: the
    folder of a bundle, whose clips come first where they say today's sentence; or None.
    """

    def __init__(
        self, folder: Path, sentences: Sentences, languages: tuple[str, ...], over: Path | None = None
    ) -> None:
        self.missing: list[str] = []
        self._languages = languages
        self._needed = frozenset(sentences)
        self._audio: dict[ClipName, Audio] = {}
        self._scaled = functools.cache(self._scale)
        manifests: list[tuple[Path, dict[str, ClipEntry]]] = []
        for source in (over, folder) if over else (folder,):
            try:
                manifests.append((source, read_manifest(source)))
            except DeviceError as error:
                self.missing.append(str(error))
        for name, sentence in sentences.items():
            wanted = digest(sentence.encode())
            entries = ((place, manifest.get(entry_name(name))) for place, manifest in manifests)
            found = next((place for place, entry in entries if entry and entry.sentence == wanted), None)
            if found is None:
                self.missing.append(entry_name(name))
                continue
            try:
                self._audio[name] = read_wav(name.path(found))
            except DeviceError as error:
                self.missing.append(str(error))

    def of(self, speech: Speech) -> list[ClipName]:
        """Return the clips of `speech` in the order in which they are played.

        A speech is said in one language after the other. If time is short, each sentence is said in every language
        before the next one, so that everybody has the most important words first.
        """
        languages, keys = self._languages, speech.sentences
        if speech.urgency is Urgency.ORDINARY:
            wanted = [self._name(language, key) for language in languages for key in keys]
        else:
            wanted = [self._name(language, key) for key in keys for language in languages]
        return [name for name in wanted if name in self._audio]

    def length_s(self, speech: Speech) -> float:
        """Return the duration of `speech`, with the pauses between its sentences."""
        lengths_s = [self._audio[name].length_s for name in self.of(speech)]
        return sum(lengths_s) + PAUSE_S * max(len(lengths_s) - 1, 0)

    def audio(self, name: ClipName, volume: float) -> Audio:
        """Return the audio of a clip, with every sample multiplied by `volume`."""
        return self._scaled(name, volume)

    def _scale(self, name: ClipName, volume: float) -> Audio:
        audio = self._audio[name]
        return audio if volume == 1.0 else scaled(audio, volume)

    def _name(self, language: str, key: str) -> ClipName:
        """Return the clip of a sentence. The name of a place is said as the first language says it.

        A reason without a place of its own sends to the officer.
        """
        kind, _, reason = key.partition(".")
        if kind not in ("place", "way"):
            return ClipName(language, key)
        if ClipName(self._languages[0], f"place.{reason}") not in self._needed:
            key = f"{kind}.officer"
        return ClipName(self._languages[0] if kind == "place" else language, key)
