"""The voice of a site: its sentences, their clips, and the loudspeaker's worker."""

from pathlib import Path

from kiosk.composition.environment import Environment, Post
from kiosk.display import texts
from kiosk.display.sentences import sentences_of
from kiosk.display.speech import warnings
from kiosk.flow.rules import Rules
from kiosk.hardware.speaker.clips import ClipName, Clips, Sentences
from kiosk.hardware.speaker.duty import SpeakerDuty
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.speaker import SpokenLanguages

BEGIN_S = 0.5
"""Time from a new screen to the first sound of its speech: the player starts, and the device fills its buffer."""


def spoken_languages(settings: Settings) -> tuple[str, ...]:
    """Return the languages in which the site speaks, in turn; none without a loudspeaker."""
    if settings.speaker is None:
        return ()
    languages = settings.display.languages
    return languages[:1] if settings.speaker.languages is SpokenLanguages.FIRST else languages


def site_sentences(settings: Settings, texts_folder: Path) -> Sentences:
    """Return all sentences that the site's loudspeaker can say. Raises `SettingsError` if a text file is wrong."""
    languages = spoken_languages(settings)
    if not languages:
        return {}
    said = sentences_of(texts.load(texts_folder, languages), languages, settings.referrals)
    return {ClipName(*name): sentence for name, sentence in said.items()}


def clips_folder(settings: Settings, folder: Path) -> Path:
    """Return the folder of the clips; `folder` is that of the settings file."""
    assert settings.speaker is not None
    return folder / settings.speaker.clips


def open_clips(settings: Settings, folder: Path, texts_folder: Path) -> Clips | None:
    """Return the clips of the site, in memory; None without a loudspeaker.

    Raises `SettingsError` if a text file is wrong. A missing clip is no error here, but a fault while the kiosk
    runs.
    """
    if settings.speaker is None:
        return None
    sentences = site_sentences(settings, texts_folder)
    return Clips(clips_folder(settings, folder), sentences, spoken_languages(settings))


def warning_s(settings: Settings, rules: Rules, clips: Clips | None) -> float:
    """Return how long a warning before a spray lasts: `chamber.warn_s`, and at least as long as it takes to say it."""
    if clips is None:
        return settings.chamber.warn_s
    can_skip = settings.inputs.skip is not None
    spoken_s = [BEGIN_S + clips.length_s(speech) for speech in warnings(rules, can_skip)]
    return max(settings.chamber.warn_s, *spoken_s)


def open_speaker(settings: Settings, clips: Clips | None, environment: Environment, post: Post) -> SpeakerDuty | None:
    """Return the duty of the loudspeaker; None without one."""
    if settings.speaker is None or clips is None:
        return None
    player = environment.open_player(settings.speaker.device)
    return SpeakerDuty(player, clips, settings.speaker, environment.clock, environment.wall, post)
