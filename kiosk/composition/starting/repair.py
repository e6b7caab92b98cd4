"""The repair of a refused settings file while the kiosk runs with other settings.

Rule 1: a file is taken over by itself only if it is accepted and describes the wires in force. New pins on old wires
could run the pump; therefore the technician restarts the kiosk when the wires are as in the file.
Rule 2: the file is read on a thread of its own, because the loop never waits for the card.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.composition.starting.pinless_page import TURN_S, pauses_s, stamp
from kiosk.settings.last_good import wiring_of
from kiosk.settings.loader import parse
from kiosk.settings.schema.settings import Settings
from kiosk.settings.yaml.mistakes import Mistake, shown_errors
from kiosk.settings.yaml.source import read_bytes

logger = logging.getLogger(__name__)


class Repair:
    """Looks at the settings file `config` until it can be taken over; `in_force` are the settings of this run.

    is_done: the file can be taken over by a restart of the program.
    """

    def __init__(self, config: Path, in_force: Settings) -> None:
        self.is_done = False
        self._config = config
        self._in_force = in_force
        self._said: tuple[str, ...] = ()

    def wait(self, stopping: threading.Event) -> None:
        """Look at the file after each change of it, and otherwise after pauses that grow; return when it is repaired.

        A file that the settings name, such as a key, may come without a change of the settings file.
        """
        for pause_s in pauses_s():
            before, ends_at_s = stamp(self._config), time.monotonic() + pause_s
            while stamp(self._config) == before and time.monotonic() < ends_at_s:
                if stopping.wait(TURN_S):
                    return
            self.look()
            if self.is_done:
                return

    def look(self) -> None:
        """Look at the file once; log what keeps it from being taken over, unless that was logged before."""
        obstacles = self._obstacles()
        self.is_done = not obstacles
        if self.is_done:
            logger.info("the settings file is accepted; the kiosk starts again with it as soon as nobody is there")
        elif obstacles != self._said:
            for line in obstacles:
                logger.error("%s", line)
        self._said = obstacles

    def _obstacles(self) -> tuple[str, ...]:
        data, folder = read_bytes(self._config), self._config.parent
        if isinstance(data, Mistake):
            return (data.shown(str(self._config)),)
        mistakes, settings = parse(data, folder, folder / "texts")
        if settings is None:
            return shown_errors(mistakes, str(self._config))
        changed = sorted({name for name, _ in wiring_of(settings).items() ^ wiring_of(self._in_force).items()})
        if self._in_force.thermometer is None:  # safe mode has none
            changed = [name for name in changed if not name.startswith("thermometer.")]
        if not changed:
            return ()
        differs = f"the settings file is accepted, but its wiring differs ({', '.join(changed)})"
        return (f"{differs}: when the wires are as in the file, run 'sudo systemctl restart kiosk'",)


@contextmanager
def watched(repair: Repair) -> Iterator[None]:
    """Let a thread wait for the repair while the block runs."""
    stopping = threading.Event()
    thread = threading.Thread(target=repair.wait, args=(stopping,), name="repair", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
