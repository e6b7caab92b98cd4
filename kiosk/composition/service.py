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
from contextlib import contextmanager, nullcontext
from datetime import tzinfo
from math import inf
from pathlib import Path

from kiosk.composition.app import Kiosk
from kiosk.composition.environment import Environment, UnitSockets, real_environment
from kiosk.composition.live_view import fed
from kiosk.composition.site_rules import SAFE_MODE
from kiosk.composition.starting.after_start import AfterStart
from kiosk.composition.starting.bundles import StartSettings, with_bundle
from kiosk.composition.starting.pinless_page import PinlessPage, open_page, pauses_s, signals_call
from kiosk.composition.starting.repair import Repair, watched
from kiosk.composition.starting.start_choice import StartChoice, choose
from kiosk.composition.starting.starts import StartLog
from kiosk.composition.supervision import Supervision
from kiosk.composition.voice import open_clips
from kiosk.display import texts
from kiosk.display.server import DisplayServer
from kiosk.errors import KioskError, SettingsError
from kiosk.hardware.safe_state import note_path, outputs, write_note
from kiosk.health.watchdog import Watchdog
from kiosk.runtime.maintenance import tested
from kiosk.settings.schema.settings import Settings
from kiosk.support.time_zones import zone_of

logger = logging.getLogger(__name__)

SCANNER_SOCKET, IMAGER_SOCKET = "KIOSK_SCANNER_SOCKET", "KIOSK_IMAGER_SOCKET"
"""The environment variables that name the sockets of the helpers' units; systemd/kiosk.service sets them."""

PR_SET_DUMPABLE = 4

OpenEnvironment = Callable[[Path, UnitSockets, tzinfo], Environment]
"""A function that makes the environment, as `real_environment` does."""


def serve(config: Path, environ: Mapping[str, str], open_environment: OpenEnvironment = real_environment) -> None:
    """Run the kiosk of the settings file `config` on this Raspberry Pi until a signal asks it to stop.

    environ: the environment variables; systemd gives its socket, the folder for the note of the outputs and the folder
    of the state in them. Raises `KioskError` if the kiosk cannot start or cannot go on.
    """
    forbid_reading_memory()
    unit_sockets(environ)  # a unit of an old release ends here, whatever the settings say
    watchdog = Watchdog(environ)
    state = environ.get("STATE_DIRECTORY")
    log = StartLog(Path(state) if state else None)
    try:
        choice = await_settings(config, log, watchdog)
        is_due_again = choice is not None and run_once(config, choice, log, environ, watchdog, open_environment)
    except BaseException as error:
        log.crashed(str(error) or type(error).__name__)
        raise
    if is_due_again:
        log.tried_again()
    else:
        log.stopped()


def await_settings(config: Path, log: StartLog, watchdog: Watchdog) -> StartChoice | None:
    """Return how the kiosk starts, once it can; until then drive no pin, and say why on the page.

    Return None if a signal asks to stop. Raises `SettingsError` at once if systemd did not start the program.
    """
    choice = choose(config, log.folder, log.record)
    if choice.settings is None and not watchdog.is_watching:
        raise SettingsError("\n".join(choice.why))  # somebody at a terminal waits for the answer
    for line in choice.why:
        logger.log(logging.ERROR if choice.fault else logging.WARNING, "%s", line)
    if choice.settings and not log.record.pause_s:
        return choice
    with PinlessPage(config, choice.fault, choice.why, watchdog) as page:
        if choice.settings:  # safe mode crashes too
            return choice if page.wait(log.record.pause_s) else None
        for pause_s in pauses_s():
            if not page.wait_for_change(pause_s):
                return None
            choice = choose(config, log.folder, log.record)
            if choice.settings:
                logger.info("the settings file can be used now")
                return choice
    raise AssertionError("the pauses do not end")


def run_once(
    config: Path,
    choice: StartChoice,
    log: StartLog,
    environ: Mapping[str, str],
    watchdog: Watchdog,
    open_environment: OpenEnvironment,
) -> bool:
    """Run the kiosk with `choice` until a signal; return True if safe mode is over and an ordinary start is due.

    Raises `KioskError` if it cannot start or cannot go on.
    """
    settings, folder, safe = choice.settings, config.parent, choice.fault == SAFE_MODE
    assert settings
    log.started(safe=safe)
    units = unit_sockets(environ)
    start = StartSettings(settings, fault=choice.fault) if choice.fault else with_bundle(config, settings)
    settings = start.settings
    if units.scanner:
        warn_of_writable_trust(folder / settings.credentials.trust.folder)
    if note := note_path(environ):
        write_note(note, outputs(settings))
    floor = folder / Path(settings.journal.path).with_name("time-floor")
    display = (
        open_page(config) if safe else open_display(settings, folder, simulated=False, texts_over=start.texts_over)
    )
    clips = None if safe else open_clips(settings, folder, folder / "texts", start.texts_over, start.clips_over)
    with showing(display):
        environment = open_environment(floor, units, zone_of(settings.time_zone))
        kiosk = Kiosk(settings, folder, environment, display, clips, start)
        repair = Repair(config, settings) if choice.places else None
        after = AfterStart(kiosk, log.folder, choice, repair, log.record.safe_s if safe else inf)
        watchdog.remark = "; ".join(choice.why[:1]) if choice.fault else ""
        watching = watched(repair) if repair else nullcontext()
        with fed(kiosk, environ), tested(kiosk, environ) as test_parts, watching:
            after.also = test_parts
            run_until_signal(kiosk, display, watchdog, on_turn=after.check)
        return after.is_over


def forbid_reading_memory() -> None:
    """Let no process of the same user trace this one, or read or write its memory (prctl(2), PR_SET_DUMPABLE)."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def unit_sockets(environ: Mapping[str, str]) -> UnitSockets:
    """Return the sockets of the units of scanner and imager; None of each that is to be a child of this process.

    A child has the rights of the kiosk, so a kiosk that systemd started never makes one. Raises `KioskError` if systemd
    started it without the name of a socket.
    """
    found: list[Path | None] = []
    for variable, helper in ((SCANNER_SOCKET, "scanner"), (IMAGER_SOCKET, "imager")):
        path = environ.get(variable, "")
        if not path and "NOTIFY_SOCKET" in environ:
            raise KioskError(
                f"the unit does not set {variable}, and the {helper} must not run with the rights of the kiosk; run "
                "'sudo script/install' again, and see 'systemctl cat kiosk' for lines of your own"
            )
        found.append(Path(path) if path else None)
    return UnitSockets(*found)


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
    kiosk: Kiosk,
    display: DisplayServer | None,
    watchdog: Watchdog,
    start: Callable[[], None] | None = None,
    on_turn: Callable[[], None] = lambda: None,
) -> None:
    """Start `kiosk`, run it until a signal or an error, and close it.

    start: called instead of `kiosk.start`, which it must call. on_turn: called after each turn of the loop.
    Raises the error that ended the run, after the outputs were brought to the safe state.
    """
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    ended = "crash"
    with signals_call(kiosk.stop):
        try:
            (start or kiosk.start)()
            freeze_built_objects()
            supervision = Supervision(kiosk, display, watchdog)

            def check() -> None:
                supervision.check()
                on_turn()

            kiosk.run(check)
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
