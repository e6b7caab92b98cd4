"""The voice of a site: its sentences, their clips, and the loudspeaker's worker."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from kiosk.composition.environment import Environment, Post
from kiosk.display import texts
from kiosk.display.sentences import sentences_of
from kiosk.display.speech import Speech, referral, warnings
from kiosk.flow.rules import Rules
from kiosk.hardware.speaker.clips import ClipName, Clips, Sentences
from kiosk.hardware.speaker.duty import SpeakerDuty
from kiosk.model import Reason
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.speaker import SpokenLanguages

BEGIN_S = 0.5
"""Time from a new screen to the first sound of its speech: the player starts, and the device fills its buffer."""

REACT_S = 2.0
"""Time from the last word of a warning to the spray, in which the visitor who heard how to decline finds the button."""


def spoken_languages(settings: Settings) -> tuple[str, ...]:
    """Return the languages in which the site speaks, in turn; none without a loudspeaker."""
    if settings.speaker is None:
        return ()
    languages = settings.display.languages
    return languages[:1] if settings.speaker.languages is SpokenLanguages.FIRST else languages


def site_sentences(settings: Settings, texts_folder: Path, texts_over: Path | None = None) -> Sentences:
    """Return all sentences that the site's loudspeaker can say. Raises `SettingsError` if a text file is wrong."""
    languages = spoken_languages(settings)
    if not languages:
        return {}
    said = sentences_of(texts.load(texts_folder, languages, texts_over), languages, settings.referrals)
    return {ClipName(*name): sentence for name, sentence in said.items()}


def clips_folder(settings: Settings, folder: Path) -> Path:
    """Return the folder of the clips; `folder` is that of the settings file."""
    assert settings.speaker is not None
    return folder / settings.speaker.clips


def open_clips(
    settings: Settings,
    folder: Path,
    texts_folder: Path,
    texts_over: Path | None = None,
    clips_over: Path | None = None,
) -> Clips | None:
    """Return the clips of the site, in memory; None without a loudspeaker.

    texts_over: as of `display.texts.load`. clips_over: a folder with clips that come first, or None.

    Raises `SettingsError` if a text file is wrong. A missing clip is no error here, but a fault while the kiosk
    runs.
    """
    if settings.speaker is None:
        return None
    sentences = site_sentences(settings, texts_folder, texts_over)
    return Clips(clips_folder(settings, folder), sentences, spoken_languages(settings), clips_over)


def spoken_rules(settings: Settings, rules: Rules, clips: Clips | None) -> Rules:
    """Return the rules with times that are long enough to say what has to be said.

    A warning before a spray, and a referral, last at least as long as their speech, and `REACT_S` more.
    """
    if clips is None:
        return rules

    def spoken_s(speeches: Iterable[Speech]) -> float:
        return BEGIN_S + max(clips.length_s(speech) for speech in speeches) + REACT_S

    can_skip = settings.inputs.skip is not None
    return replace(
        rules,
        warn_s=max(rules.warn_s, spoken_s(warnings(rules, can_skip))),
        refer_s=max(rules.refer_s, spoken_s(map(referral, Reason))),
    )


def open_speaker(settings: Settings, clips: Clips | None, environment: Environment, post: Post) -> SpeakerDuty | None:
    """Return the duty of the loudspeaker; None without one."""
    if settings.speaker is None or clips is None:
        return None
    player = environment.open_player(settings.speaker.device)
    return SpeakerDuty(player, clips, settings.speaker, environment.clock, environment.wall, post)
