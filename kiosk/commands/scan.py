"""`kiosk scan`: read the codes in pictures, in videos or in front of the camera, and print why a code is not read."""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from kiosk.commands.options import INSTALLED, add, json_option, positive
from kiosk.commands.terminal import Progress
from kiosk.errors import DeviceError, KioskError

if TYPE_CHECKING:
    from kiosk.commands.options import Commands
    from kiosk.scanner.trial.pictures import Frame
    from kiosk.scanner.trial.report import TrialReport
    from kiosk.settings.schema.settings import Settings


FRAME_WAIT_S = 0.5
CONSENT = (
    "unreadable pictures are kept: they may show faces and codes, so ask the people first and delete the pictures after"
)

EXIT_CODES = (
    "Exit codes: 0 a code in every picture, 1 a picture without a code, 2 wrong usage or a file that cannot be used, "
    "3 the settings, the camera or the folder of --save cannot be used, 130 stopped."
)
QUIET = {"OPENCV_LOG_LEVEL": "SILENT", "OPENCV_FFMPEG_LOGLEVEL": "-8"}
"""Environment variables that silence OpenCV and FFmpeg about broken files; this command reports such files itself."""


def add_commands(commands: "Commands") -> None:
    """Add the subcommands of this group."""
    text = "read the codes in pictures, in videos or in front of the camera, and print why a code is not read"
    sub = add(commands, "scan", scan, text)
    sub.add_argument(
        "paths", nargs="*", type=Path, metavar="FILE", help="picture, video, or folder, with its subfolders"
    )
    sub.add_argument("--camera", action="store_true", help="use the camera of the settings, until Ctrl+C")
    sub.add_argument("--seconds", type=positive, help="end --camera after this time")
    sub.add_argument("--config", type=Path, help=f"settings file (default with --camera: {INSTALLED}, else none)")
    sub.add_argument("--budget", type=positive, metavar="MS", help="time for one picture (default: as in the settings)")
    sub.add_argument("--show-payload", action="store_true", help="print the content of the codes too")
    sub.add_argument(
        "--save", type=Path, metavar="DIR", help="keep unreadable pictures; the people on them must consent"
    )
    json_option(sub, "print one JSON object for each code or picture, and one for the counts")
    sub.epilog = EXIT_CODES


def scan(options: argparse.Namespace) -> int:
    """Read the codes in all pictures and videos that the command line names; return an exit code as in `EXIT_CODES`.

    Raises `KioskError` if the settings, the camera or the folder of `--save` cannot be used.
    """
    for name, level in QUIET.items():  # before OpenCV is loaded
        os.environ.setdefault(name, level)
    from kiosk.credentials.judging.kinds import kind_of
    from kiosk.scanner.trial.pictures import KeptPictures
    from kiosk.scanner.trial.report import TrialReport
    from kiosk.settings.schema.policy import ScannerSettings

    if bool(options.paths) == options.camera:
        return usage_error("name pictures, videos or folders, or give --camera")
    if options.seconds and not options.camera:
        return usage_error("--seconds is for --camera; leave it out with files")
    settings = load_settings(options.config, options.camera)
    scanner = settings.scanner if settings else ScannerSettings()
    progress = Progress("reading")

    def tell(text: str, facts: dict[str, object]) -> None:
        progress.say(json.dumps(facts, ensure_ascii=False) if options.json else text)

    kind = partial(kind_of, settings=settings.credentials if settings else None)
    kept = KeptPictures(options.save) if options.save else None
    report = TrialReport(options.budget or scanner.budget_ms, kind, tell, options.show_payload, kept)
    if kept:
        kept.check()
        print(f"kiosk scan: {CONSENT}", file=sys.stderr)
    all_usable = True
    try:
        if settings and options.camera:
            report.stream("camera", camera_frames(settings, options.seconds), scanner.same_code_s)
        else:
            all_usable = scan_files(report, options.paths, scanner.same_code_s, progress)
    except KeyboardInterrupt:
        tell(f"stopped; {report.summary()}", {"stopped": True, **report.counts()})
        return 130
    tell(report.summary(), report.counts())
    return int(report.with_code < report.pictures) if all_usable else 2


def usage_error(message: str) -> int:
    """Print `message` and return the exit code of a wrong command line."""
    print(f"kiosk scan: {message}", file=sys.stderr)
    return 2


def load_settings(config: Path | None, camera: bool) -> "Settings | None":
    """Return the settings in the file `config`.

    If `config` is None, return the settings of the installed kiosk if `camera` is set, otherwise None. Only the
    sections that this command uses must be valid.

    Raises `SettingsError` if one of them is not valid.
    """
    from kiosk.settings.loader import load_part

    file = config or (INSTALLED if camera else None)
    parts = ("scanner", "credentials.online_status.prefixes", *(["camera"] if camera else []))
    return load_part(file, *parts) if file else None


def scan_files(report: "TrialReport", paths: list[Path], same_code_s: float, progress: Progress) -> bool:
    """Read each file; print an error for each file that cannot be used, and return False if there was such a file."""
    from kiosk.scanner.trial.pictures import frames_of, is_video, pictures_in, read_picture

    all_usable = True

    def print_error(error: KioskError) -> None:
        nonlocal all_usable
        all_usable = False
        progress.clear()
        print(f"kiosk scan: {error}", file=sys.stderr)

    files: list[Path] = []
    for path in paths:
        try:
            files += pictures_in(path)
        except KioskError as error:
            print_error(error)
    with progress:
        for file in progress.over(files):
            try:
                if is_video(file):
                    report.stream(str(file), frames_of(file), same_code_s)
                else:
                    report.still(str(file), read_picture(file))
            except KioskError as error:
                print_error(error)
    return all_usable


def camera_frames(settings: "Settings", seconds: int | None) -> "Iterator[Frame]":
    """Yield the frames of the camera for `seconds`, or until Ctrl+C if it is None.

    Raises `KioskError` if the settings have no camera, and `DeviceError` if it cannot be opened or sends no picture.
    """
    from kiosk.hardware.cameras.opening import open_camera
    from kiosk.scanner.trial.pictures import Frame

    if settings.camera is None:
        raise KioskError("the settings have no camera; add a section 'camera' or name another file by --config")
    stop = Event()
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    camera = open_camera(settings.camera)
    try:
        camera.start()
        began_s = seen_s = time.monotonic()
        number = 0
        while not stop.is_set() and (seconds is None or time.monotonic() - began_s < seconds):
            grey, now_s = camera.frame(FRAME_WAIT_S), time.monotonic()
            if grey is not None:
                yield Frame(number, now_s, grey)
                number, seen_s = number + 1, now_s
            elif now_s - seen_s > settings.camera.silent_s:
                raise DeviceError("camera", f"no picture for {now_s - seen_s:.1f} s; check its cable", "camera_silent")
    finally:
        signal.signal(signal.SIGINT, before)
        camera.close()
