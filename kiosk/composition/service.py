"""The service: one kiosk run as systemd wants it, from settings to the safe state at the end.

Rule 1: READY is said when every essential device has answered, and not before.
Rule 2: the watchdog is fed by the loop, and only while every worker is fresh.
Rule 3: a worker that is stuck ends the run before the watchdog does: a process of which the kernel holds one thread, as
while a card stalls, cannot be killed and keeps its pins as they are, so they must be at rest before.
Rule 4: in an emergency neither happens while the loop and the inputs live: a door that was freed stays free.
Rule 5: whatever ends the run, the outputs are safe before anything else is tidied up.
"""

import faulthandler
import gc
import logging
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kiosk.composition.app import Kiosk
from kiosk.composition.environment import real_environment
from kiosk.display import texts
from kiosk.display.server import DisplayServer
from kiosk.errors import KioskError
from kiosk.flow.events import health_event
from kiosk.hardware.safe_state import note_path, outputs, write_note
from kiosk.health import board
from kiosk.health.watchdog import Watchdog
from kiosk.model import Phase
from kiosk.settings.loader import load
from kiosk.settings.schema.settings import Settings
from kiosk.support.delivery import Delivery

logger = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

LAST_WAIT_S = 3.0
"""Who is stuck for this long beyond their limit ends the run; systemd, fed last up to 5 s before, would after 5 s."""

VITAL = frozenset({"loop", "inputs"})
"""Who frees the door in an emergency."""


def serve(config: Path, environ: Mapping[str, str]) -> None:
    """Run the kiosk of `config` on this Raspberry Pi until it is asked to stop; raises KioskError."""
    settings = load(config, config.parent / "texts")
    if note := note_path(environ):
        write_note(note, outputs(settings))
    floor = config.parent / Path(settings.journal.path).with_name("time-floor")
    display = open_display(settings, config.parent, simulated=False)
    with showing(display):
        kiosk = Kiosk(settings, config.parent, real_environment(floor), display)
        live(kiosk, display, Watchdog(environ))


def open_display(settings: Settings, folder: Path, *, simulated: bool) -> DisplayServer:
    """The visitor's page in the words of the folder's texts."""
    words = texts.load(folder / "texts", settings.display.languages)
    return DisplayServer(words, settings.referrals, settings.display, settings.site, simulated)


@contextmanager
def showing(display: DisplayServer) -> Iterator[None]:
    """The page while the block runs."""
    display.start()
    try:
        yield
    finally:
        display.stop()


def live(
    kiosk: Kiosk, display: DisplayServer | None, watchdog: Watchdog, start: Callable[[], None] | None = None
) -> None:
    """Start `kiosk` (by `start`, where something else must happen around it) and run it until a signal or a crash."""
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    ended = "crash"
    with stopped_by_signals(kiosk):  # to the end of the clean-up: a second Ctrl+C must not break that off
        try:
            (start or kiosk.start)()
            keep_what_was_built()
            kiosk.run(Rounds(kiosk, display, watchdog).make)
            ended = "asked"
            watchdog.stopping("asked to stop")
        finally:
            kiosk.close(ended)
            watchdog.close()


def keep_what_was_built() -> None:
    """Tell the garbage collector that all there is now stays; the scanner starts meanwhile.

    Otherwise it looks through all of it now and then, and every thread stands still for that: 26 ms on the machine of
    docs/bench.md once in 40 visits, more on a Raspberry Pi.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def stopped_by_signals(kiosk: Kiosk) -> Iterator[None]:
    """These signals end the loop, and only that; Python alone runs no clean-up on SIGTERM and SIGHUP."""
    before = {number: signal.signal(number, lambda *_: kiosk.stop()) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Rounds:
    """What is looked after at each turn of the loop: readiness, heartbeats, the page."""

    def __init__(self, kiosk: Kiosk, display: DisplayServer | None, watchdog: Watchdog) -> None:
        self._kiosk = kiosk
        self._display = display
        self._watchdog = watchdog
        self._ready = False
        self._stuck: tuple[str, ...] = ()
        self._stuck_since_s = 0.0
        self._faults: tuple[str, ...] = ()
        self._page_health = Delivery[str](
            lambda fault: kiosk.inbox.post(health_event(kiosk.environment.clock.now_s(), "display", fault)),
            changes_only=True,
        )

    def make(self) -> None:
        """One round; short. Raises KioskError when somebody is stuck for too long."""
        now_s = self._kiosk.environment.clock.now_s()
        if self._kiosk.ready and not self._ready:
            self._ready = True
            self._watchdog.ready("ready for visitors")
            logger.info("ready")
        if self._display and not self._display.alive:
            self._page_health.offer("display_silent")
        self._tell_faults()
        self._look_at_beats(now_s)
        if not self._stuck or self._must_go_on():
            self._watchdog.feed(now_s)
        elif now_s - self._stuck_since_s >= LAST_WAIT_S:
            raise KioskError(f"{board.status_text(self._stuck)}; the kiosk ends and is started again", "worker_stuck")

    def _look_at_beats(self, now_s: float) -> None:
        beats = {worker.name: worker.beat_at_s for worker in self._kiosk.workers}
        # the inputs are polled on the thread that ends every pulse
        beats |= {"loop": self._kiosk.loop.beat_at_s, "inputs": self._kiosk.inputs.beat_at_s}
        stuck = board.stuck(beats, now_s)
        if stuck != self._stuck:
            if not self._stuck:
                self._stuck_since_s = now_s
            self._stuck = stuck
            self._watchdog.status(board.status_text(stuck, self._faults))
            logger.warning("%s", board.status_text(stuck))

    def _must_go_on(self) -> bool:
        return self._kiosk.loop.state.phase is Phase.EMERGENCY and not VITAL & set(self._stuck)

    def _tell_faults(self) -> None:
        faults = tuple(sorted(fault for _, fault in self._kiosk.loop.state.faults))
        if faults != self._faults:
            self._faults = faults
            self._watchdog.status(board.status_text(self._stuck, faults))
            logger.warning("faults: %s", ", ".join(faults) or "none")
