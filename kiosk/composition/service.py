"""The service: one kiosk from its settings to the safe state at the end, as systemd runs it.

Rule 1: however the run ends, the outputs are brought to the safe state before anything else is closed.
Rule 2: SIGTERM, SIGINT and SIGHUP end the loop, and the clean-up follows; a second signal does not interrupt that.
"""

import ctypes
import faulthandler
import gc
import logging
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kiosk.composition.app import Kiosk
from kiosk.composition.bundles import with_bundle
from kiosk.composition.environment import real_environment
from kiosk.composition.supervision import Supervision
from kiosk.composition.voice import open_clips
from kiosk.display import texts
from kiosk.display.server import DisplayServer
from kiosk.errors import KioskError
from kiosk.hardware.safe_state import note_path, outputs, write_note
from kiosk.health.watchdog import Watchdog
from kiosk.settings.loader import load
from kiosk.settings.schema.settings import Settings
from kiosk.support.time_zones import zone_of

logger = logging.getLogger(__name__)

SCANNER_SOCKET = "KIOSK_SCANNER_SOCKET"
"""The environment variable that names the socket of the scanner's unit; systemd/kiosk.service sets it."""

PR_SET_DUMPABLE = 4

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""The signals that end the service. Without a handler, SIGTERM and SIGHUP would end Python without a clean-up."""


def serve(config: Path, environ: Mapping[str, str]) -> None:
    """Run the kiosk of the settings file `config` on this Raspberry Pi until a signal asks it to stop.

    environ: the environment variables; systemd gives its socket and the folder for the note of the outputs in them.
    Raises `KioskError` if the kiosk cannot start or cannot go on.
    """
    forbid_reading_memory()
    unit = scanner_socket(environ)
    start = with_bundle(config, load(config, config.parent / "texts"))
    settings = start.settings
    if unit:
        warn_of_writable_trust(config.parent / settings.credentials.trust.folder)
    if note := note_path(environ):
        write_note(note, outputs(settings))
    floor = config.parent / Path(settings.journal.path).with_name("time-floor")
    display = open_display(settings, config.parent, simulated=False, texts_over=start.texts_over)
    clips = open_clips(settings, config.parent, config.parent / "texts", start.texts_over)
    with showing(display):
        environment = real_environment(floor, unit, zone_of(settings.time_zone))
        kiosk = Kiosk(settings, config.parent, environment, display, clips, start)
        run_until_signal(kiosk, display, Watchdog(environ))


def forbid_reading_memory() -> None:
    """Let no process of the same user trace this one, or read or write its memory (prctl(2), PR_SET_DUMPABLE)."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def scanner_socket(environ: Mapping[str, str]) -> Path | None:
    """Return the socket of the scanner's unit; None if the scanner is to be a child of this process.

    A child has the rights of the kiosk, so a kiosk that systemd started never makes one. Raises `KioskError` if systemd
    started it without the name of the socket.
    """
    path = environ.get(SCANNER_SOCKET, "")
    if not path and "NOTIFY_SOCKET" in environ:
        raise KioskError(
            f"the unit does not set {SCANNER_SOCKET}, and the scanner must not run with the rights of the kiosk; run "
            "'sudo script/install' again, and see 'systemctl cat kiosk' for lines of your own"
        )
    return Path(path) if path else None


def warn_of_writable_trust(folder: Path) -> None:
    """Log a warning if this process may write the folder of the key lists."""
    if os.access(folder, os.W_OK):
        logger.warning(
            "the kiosk may write '%s', and with it the keys that it trusts; move the key lists to /etc/kiosk/trust "
            "(credentials.trust.folder)",
            folder,
        )


def open_display(settings: Settings, folder: Path, *, simulated: bool, texts_over: Path | None = None) -> DisplayServer:
    """Return the server of the visitors' page, with the texts in `folder`/texts, and those of `texts_over` over them.

    Raises `KioskError` if a text file cannot be used.
    """
    words = texts.load(folder / "texts", settings.display.languages, texts_over)
    return DisplayServer(words, settings.referrals, settings.display, settings.site, simulated)


@contextmanager
def showing(display: DisplayServer) -> Iterator[None]:
    """Serve the page while the block runs."""
    display.start()
    try:
        yield
    finally:
        display.stop()


def run_until_signal(
    kiosk: Kiosk, display: DisplayServer | None, watchdog: Watchdog, start: Callable[[], None] | None = None
) -> None:
    """Start `kiosk`, run it until a signal or an error, and close it.

    start: called instead of `kiosk.start`, which it must call.
    Raises the error that ended the run, after the outputs were brought to the safe state.
    """
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    ended = "crash"
    with signals_stop(kiosk):
        try:
            (start or kiosk.start)()
            freeze_built_objects()
            kiosk.run(Supervision(kiosk, display, watchdog).check)
            ended = "asked"
            watchdog.stopping("asked to stop")
        finally:
            kiosk.close(ended)
            watchdog.close()


def freeze_built_objects() -> None:
    """Exclude all present objects from later garbage collections; the scanner's process starts meanwhile.

    Otherwise a full collection examines all of them now and then while every thread waits: 26 ms on the machine of
    docs/bench.md, once in 40 visits, and longer on a Raspberry Pi.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def signals_stop(kiosk: Kiosk) -> Iterator[None]:
    """Let `SIGNALS` stop the loop of `kiosk` while the block runs, and do nothing else."""
    before = {number: signal.signal(number, lambda *_: kiosk.stop()) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
