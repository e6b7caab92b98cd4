"""Drives one kiosk's link: opens it again after a loss, stores the cursor, and reports. Its owner waits for the socket.

Rule: connections are made with a pause that doubles up to LONGEST_PAUSE_S, drawn between its half and its whole, so
that the kiosks of a city do not return at the same moment.
"""

import logging
import ssl
from collections.abc import Callable
from random import Random

from kiosk.errors import KioskError
from kiosk.fleet.outbox.cursor import CursorFile
from kiosk.fleet.outbox.fleet_link import FleetLink

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0

STEADY_S = 30.0
"""A connection that lasted so long begins the pauses anew. A broker that accepts and then floods does not."""


class FleetDriver:
    """Drives `link`. look: called in each turn with the time; reports faults. All times are monotonic seconds."""

    def __init__(self, link: FleetLink, cursor: CursorFile, look: Callable[[float], None], random: Random) -> None:
        self.link = link
        self._cursor = cursor
        self._look = look
        self._random = random
        self._pause_s = FIRST_PAUSE_S
        self._open_at_s = 0.0
        self._connected_at_s = 0.0

    def turn(self, now_s: float) -> float:
        """Do what is due; return when it must be called again. Connecting blocks for some seconds at most."""
        link = self.link
        if link.socket is None and now_s >= self._open_at_s:
            self._open(now_s)
        due_s = link.tick(now_s)
        if not link.is_connected:
            self._connected_at_s = now_s
        elif now_s - self._connected_at_s >= STEADY_S:
            self._pause_s = FIRST_PAUSE_S
        self._cursor.store(link.outbox.place, now_s)
        self._look(now_s)
        return self._open_at_s if link.socket is None else due_s

    def close(self, now_s: float) -> None:
        """End the connection and store the cursor."""
        self.link.close()
        self._cursor.store(self.link.outbox.place, now_s, at_once=True)

    def _open(self, now_s: float) -> None:
        self._open_at_s = now_s + self._pause_s * self._random.uniform(0.5, 1.0)
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        try:
            self.link.open(now_s)
        except (KioskError, ssl.SSLCertVerificationError) as error:
            self.link.refused = str(error)
            logger.error("%s", error)  # noqa: TRY400 - its message is complete
        except OSError as error:
            logger.info("fleet: no connection: %s; again in %.0f s", error, self._open_at_s - now_s)
