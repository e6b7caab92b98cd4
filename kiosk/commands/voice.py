"""`kiosk voice`: render the spoken sentences, list them with their standing, and say one through the loudspeaker."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.options import add, json_option, print_json, settings_file
from kiosk.commands.terminal import Progress, coloured, wants_colours
from kiosk.errors import DeviceError, KioskError

if TYPE_CHECKING:
    from kiosk.commands.options import Commands
    from kiosk.hardware.speaker.audio import Audio
    from kiosk.hardware.speaker.clips import ClipReport
    from kiosk.hardware.speaker.player import AplayPlayer
    from kiosk.settings.schema.settings import Settings

MOST_LINES = 5
"""`kiosk check` names so many clips, and the number of the others."""


def add_commands(commands: "Commands") -> None:
    """Add the subcommands of this group."""
    parts = add(commands, "voice", None, "render, list and say the spoken sentences").add_subparsers(
        required=True, metavar="COMMAND"
    )
    sub = add(parts, "render", render, "make the clips that are missing or outdated; recordings are kept")
    sub.add_argument("--dry-run", action="store_true", help="change nothing; exit with 1 if there is something to do")
    settings_file(sub)
    sub = add(parts, "list", list_clips, "list every sentence with its file and its standing")
    json_option(sub)
    settings_file(sub)
    sub = add(parts, "say", say, "say one sentence in every language through the loudspeaker")
    sub.add_argument("key", nargs="?", default="admitting.headline", help="key of the sentence (default: %(default)s)")
    settings_file(sub)


def render(options: argparse.Namespace) -> int:
    """Render the clips of the site.

    Raises `KioskError` if the settings cannot be used, if there is no voice for a language, or if a file cannot be
    written.
    """
    from kiosk.composition.voice import clips_folder, site_sentences
    from kiosk.hardware.speaker.clips import inspect
    from kiosk.hardware.speaker.rendering import espeak
    from kiosk.hardware.speaker.rendering import render as render_clips

    settings = _settings(options.config)
    if settings.speaker is None:
        print("the settings have no section 'speaker': this site does not speak")
        return 0
    folder = clips_folder(settings, options.config.parent)
    sentences = site_sentences(settings, options.config.parent / "texts")
    wanted = [report for report in inspect(folder, sentences) if report.can_be_mended]
    if options.dry_run:
        print(f"{len(wanted)} of {len(sentences)} clips would be rendered or taken over")
        return 1 if wanted else 0

    def voice(language: str, sentence: str) -> "Audio":
        progress.step(f"{language}: {sentence}")
        return espeak(language, sentence)

    try:
        with Progress("rendering", len(wanted)) as progress:
            done = render_clips(folder, sentences, voice)
    except OSError as error:
        raise KioskError(f"'{error.filename}' cannot be written ({error.strerror}); run it with sudo") from error
    print(
        f"{len(sentences)} sentences in '{folder}'; rendered: {len(done.made)}, "
        f"recordings taken over: {len(done.taken_over)}, removed: {len(done.removed)}"
    )
    for advice in done.left:
        print(f"kiosk: {advice}", file=sys.stderr)
    if done.made or done.taken_over:
        print("a running kiosk says them after 'sudo systemctl restart kiosk'")
    return 1 if done.left else 0


def list_clips(options: argparse.Namespace) -> int:
    """List all sentences; return 1 if one of them cannot be said. Raises `KioskError` if the settings are wrong."""
    from kiosk.composition.voice import clips_folder, site_sentences
    from kiosk.hardware.speaker.clips import ClipStanding, entry_name, inspect

    settings = _settings(options.config)
    speaks = settings.speaker is not None
    sentences = site_sentences(settings, options.config.parent / "texts") if speaks else {}
    reports = inspect(clips_folder(settings, options.config.parent), sentences) if speaks else []
    if options.json:
        print_json([listed(report, sentences[report.name]) for report in reports])
    colours = wants_colours()
    for report in () if options.json else reports:
        colour = "green" if report.standing is ClipStanding.GOOD else "yellow"
        standing = coloured(f"{report.standing.value:9}", colour, colours=colours)
        print(f"{standing} {entry_name(report.name):45} {sentences[report.name]}")
    return 0 if all(report.standing is ClipStanding.GOOD for report in reports) else 1


def listed(report: "ClipReport", sentence: str) -> dict[str, object]:
    """Return a line of the list as an object for JSON."""
    return {
        "standing": report.standing.value,
        "language": report.name.language,
        "key": report.name.key,
        "sentence": sentence,
        "recorded": report.recorded,
        "advice": report.advice,
    }


def say(options: argparse.Namespace) -> int:
    """Say a sentence, after the sound for pass. Raises `KioskError` if it cannot be said."""
    from kiosk.composition.voice import open_clips
    from kiosk.display.speech import Chime, Speech
    from kiosk.hardware.speaker.player import AplayPlayer
    from kiosk.hardware.speaker.sounds import sound_of

    settings = _settings(options.config)
    clips = open_clips(settings, options.config.parent, options.config.parent / "texts")
    if settings.speaker is None or clips is None:
        raise KioskError("the settings have no section 'speaker'")
    names = clips.of(Speech("", (options.key,)))
    if not names:
        raise KioskError(f"there is no clip for '{options.key}'; 'kiosk voice list' shows the keys", "speaker_clips")
    volume = settings.speaker.volume / 100
    player = AplayPlayer(settings.speaker.device)
    try:
        for audio in (sound_of(Chime.PASS, volume), *(clips.audio(name, volume) for name in names)):
            play(player, audio)
    finally:
        player.close()
    return 0


def play(player: "AplayPlayer", audio: "Audio") -> None:
    """Play `audio` to its end. Raises `DeviceError` if the device fails or takes too long."""
    from kiosk.hardware.speaker.duty import GRACE_S

    player.play(audio)
    if not player.wait(audio.length_s + GRACE_S):
        raise DeviceError("speaker", "the sound device does not take the clip", "speaker_silent")


def probe_speaker(settings: "Settings") -> str:
    """Play a moment of silence. Raises `DeviceError` if the sound device does not take it."""
    from kiosk.hardware.speaker.player import AplayPlayer
    from kiosk.hardware.speaker.sounds import silence

    assert settings.speaker
    player = AplayPlayer(settings.speaker.device)
    try:
        play(player, silence(0.1))
    finally:
        player.close()
    return f"'{settings.speaker.device}' takes sound; 'kiosk voice say' lets you hear it"


def probe_clips(settings: "Settings", folder: Path) -> str:
    """Count the clips in words. Raises `KioskError` with the first problems if some cannot be said."""
    problems = clip_problems(settings, folder)
    if problems:
        raise KioskError("; ".join(problems), "speaker_clips")
    return "every sentence can be said"


def clip_problems(settings: "Settings", folder: Path) -> list[str]:
    """Return what is wrong with the clips, one line each; at most `MOST_LINES` and the number of the others.

    folder: the folder of the settings file, with the folder of the texts. Raises `KioskError` if a text file is wrong.
    """
    from kiosk.composition.voice import clips_folder, site_sentences
    from kiosk.hardware.speaker.clips import inspect

    if settings.speaker is None:
        return []
    try:
        reports = inspect(clips_folder(settings, folder), site_sentences(settings, folder / "texts"))
    except DeviceError as error:
        return [str(error)]
    advice = [report.advice for report in reports if report.advice]
    others = [f"and {len(advice) - MOST_LINES} more clips; 'kiosk voice list' shows all"]
    return advice if len(advice) <= MOST_LINES else advice[:MOST_LINES] + others


def speech_notes(settings: "Settings", folder: Path) -> list[str]:
    """Return notes about times that depend on how long something is said."""
    from kiosk.composition.site_rules import rules_of
    from kiosk.composition.voice import open_clips, spoken_rules

    clips = open_clips(settings, folder, folder / "texts")
    rules = rules_of(settings)
    spoken = spoken_rules(settings, rules, clips)
    times_s = [("a referral", "referrals.show_s", rules.refer_s, spoken.refer_s)]
    if settings.sprayer:
        times_s.insert(0, ("the warning before a spray", "chamber.warn_s", rules.warn_s, spoken.warn_s))
    return [
        f"{what} lasts {spoken_s:.1f} s, until it is said, and not {set_s:g} s ({setting})"
        for what, setting, set_s, spoken_s in times_s
        if spoken_s > set_s
    ]


def _settings(config: Path) -> "Settings":
    from kiosk.settings.loader import load_part

    return load_part(config, "speaker", "referrals", "display", elsewhere=True)
