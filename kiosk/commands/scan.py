"""`kiosk scan`: what the scanner reads in pictures, videos, or before the camera, and why it cannot."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from kiosk.commands.options import INSTALLED, add, positive
from kiosk.errors import DeviceError, KioskError

if TYPE_CHECKING:
    from kiosk.commands.options import Commands
    from kiosk.scanner.trial.pictures import Frame
    from kiosk.scanner.trial.report import TrialReport
    from kiosk.settings.schema.settings import Settings
    from kiosk.settings.schema.wiring import CameraSettings

FRAME_WAIT_S = 0.5
CONSENT = "unreadable pictures are kept: faces and codes may be on them, so ask everybody before, and delete them after"

EXIT_CODES = (
    "Exit codes: 0 a code in every picture, 1 not, 2 a file cannot be used or the words make no task, 3 refused: the "
    "settings, the camera, or the folder of --save cannot be used, 130 stopped."
)
QUIET = {"OPENCV_LOG_LEVEL": "SILENT", "OPENCV_FFMPEG_LOGLEVEL": "-8"}
"""What OpenCV and FFmpeg (AV_LOG_QUIET) would say of a broken file, this command says itself."""


def add_commands(commands: "Commands") -> None:
    """Add this group's words."""
    sub = add(commands, "scan", scan, "read the codes in pictures, videos or before the camera, and tell what hinders")
    sub.add_argument(
        "paths", nargs="*", type=Path, metavar="FILE", help="picture, video, or folder of them, with the folders in it"
    )
    sub.add_argument("--camera", action="store_true", help="the camera of the settings, until Ctrl+C")
    sub.add_argument("--seconds", type=positive, help="end --camera after this time")
    sub.add_argument("--config", type=Path, help=f"settings (with --camera: {INSTALLED} by default)")
    sub.add_argument("--budget", type=positive, metavar="MS", help="time for one picture (default: as in the settings)")
    sub.add_argument("--show-payload", action="store_true", help="print what stands in the codes too")
    sub.add_argument(
        "--save", type=Path, metavar="DIR", help="keep unreadable pictures; everybody on them must consent"
    )
    sub.epilog = EXIT_CODES


def scan(options: argparse.Namespace) -> int:
    """Look at everything that was named; 0 a code in every picture, 1 not, 2 a file is no picture."""
    for name, level in QUIET.items():  # before OpenCV is loaded
        os.environ.setdefault(name, level)
    from kiosk.credentials.judging.kinds import kind_of
    from kiosk.scanner.trial.pictures import KeptPictures
    from kiosk.scanner.trial.report import TrialReport
    from kiosk.settings.schema.policy import ScannerSettings

    if bool(options.paths) == options.camera:
        print("kiosk scan: name pictures, videos or folders, or give --camera", file=sys.stderr)
        return 2
    if options.seconds and not options.camera:
        print("kiosk scan: --seconds is for --camera; leave it out with files", file=sys.stderr)
        return 2
    settings = _settings(options)
    scanner = settings.scanner if settings else ScannerSettings()
    report = TrialReport(
        options.budget or scanner.budget_ms,
        partial(kind_of, settings=settings.credentials if settings else None),
        partial(print, flush=True),
        options.show_payload,
        KeptPictures(options.save) if options.save else None,
    )
    if report.kept:
        report.kept.check()
        print(f"kiosk scan: {CONSENT}", file=sys.stderr)
    try:
        bad = _look(options, settings, report, scanner.same_code_s)
    except KeyboardInterrupt:
        print(f"stopped; {report.summary()}")
        return 130
    print(report.summary())
    return 2 if bad else int(report.with_code < report.pictures)


def _look(options: argparse.Namespace, settings: "Settings | None", report: "TrialReport", same_code_s: float) -> bool:
    """Look at everything; whether something was no picture."""
    if not options.camera:
        return _scan_files(report, options.paths, same_code_s)
    if settings is None or settings.camera is None:
        raise KioskError("the settings name no camera; add a section 'camera' or name another file by --config")
    report.stream("camera", _camera_frames(settings.camera, options.seconds), same_code_s)
    return False


def _settings(options: argparse.Namespace) -> "Settings | None":
    """Only what is used here must be right: the rest of the file may be of another machine."""
    from kiosk.settings.loader import load_part

    file = options.config or (INSTALLED if options.camera else None)
    parts = ("scanner", "credentials.online_status.prefixes", *(["camera"] if options.camera else []))
    return load_part(file, *parts) if file else None


def _scan_files(report: "TrialReport", paths: list[Path], same_code_s: float) -> bool:
    """Look at each file; whether one was no picture."""
    from kiosk.scanner.trial.pictures import frames_of, is_video, pictures_in, read_picture

    bad = False
    for path in paths:
        try:
            files = pictures_in(path)
        except KioskError as error:
            bad = _refuse(error)
            continue
        for file in files:
            try:
                if is_video(file):
                    report.stream(str(file), frames_of(file), same_code_s)
                else:
                    report.still(str(file), read_picture(file))
            except KioskError as error:
                bad = _refuse(error)
    return bad


def _refuse(error: KioskError) -> bool:
    print(f"kiosk scan: {error}", file=sys.stderr)
    return True


def _camera_frames(settings: "CameraSettings", seconds: int | None) -> "Iterator[Frame]":
    """What the camera shows until Ctrl+C or the end of the time."""
    from kiosk.hardware.cameras.opening import open_camera
    from kiosk.scanner.trial.pictures import Frame

    stop = Event()
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    camera = open_camera(settings)
    try:
        camera.start()
        began_s = seen_s = time.monotonic()
        number = 0
        while not stop.is_set() and (seconds is None or time.monotonic() - began_s < seconds):
            grey, now_s = camera.frame(FRAME_WAIT_S), time.monotonic()
            if grey is not None:
                yield Frame(number, now_s, grey)
                number, seen_s = number + 1, now_s
            elif now_s - seen_s > settings.silent_s:
                raise DeviceError("camera", f"no picture for {now_s - seen_s:.1f} s; check its cable", "camera_silent")
    finally:
        signal.signal(signal.SIGINT, before)
        camera.close()
