"""The voice of the demo: through the loudspeaker of this machine if it has one, or simulated and listened to."""

import logging
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kiosk.composition.voice import site_sentences, spoken_languages
from kiosk.errors import KioskError
from kiosk.hardware.speaker.clips import Clips
from kiosk.hardware.speaker.player import AplayPlayer, Player
from kiosk.hardware.speaker.rendering import Voice, espeak, render
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.speaker import SimulatedPlayer, spell

logger = logging.getLogger(__name__)

CARDS = Path("/proc/asound/cards")


@dataclass(frozen=True, slots=True)
class DemoVoice:
    """The clips of the demo, and the player of them."""

    clips: Clips
    open_player: Callable[[str], Player]


def machine_voice(settings: Settings, folder: Path, texts_folder: Path, cards: Path = CARDS) -> DemoVoice | None:
    """Render the sentences into `folder` for the loudspeaker of this machine; None if it cannot speak.

    Raises `SettingsError` if a text file is wrong.
    """
    able = all(shutil.which(program) for program in ("aplay", "espeak-ng"))
    if settings.speaker is None or not able or not has_card(cards):
        return None
    try:
        return DemoVoice(_clips(settings, folder, texts_folder, espeak), AplayPlayer)
    except KioskError as error:
        logger.warning("the demo does not speak: %s", error)
        return None


def simulated_voice(settings: Settings, folder: Path, texts_folder: Path, player: SimulatedPlayer) -> DemoVoice:
    """Return a voice that `player` plays and records."""
    return DemoVoice(_clips(settings, folder, texts_folder, spell), lambda _device: player)


def has_card(cards: Path) -> bool:
    """Return True if the kernel's list `cards` names a sound card."""
    try:
        return re.search(r"^ *\d+ \[", cards.read_text(), re.MULTILINE) is not None
    except OSError:
        return False


def _clips(settings: Settings, folder: Path, texts_folder: Path, voice: Voice) -> Clips:
    sentences = site_sentences(settings, texts_folder)
    render(folder, sentences, voice)
    return Clips(folder, sentences, spoken_languages(settings))
