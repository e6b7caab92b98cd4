"""The venue's check-in server, for the demo and the tests: `VenueDesk` behind HTTP, with long polling."""

import ssl
import time
from collections.abc import Callable
from typing import Any

from kiosk.simulator.services.faulty_server import FaultyServer, ReceivedRequest
from kiosk.simulator.services.venue_desk import VenueDesk

PATH = "/check-in"
LOOK_S = 0.1
"""Longest time for which a held request does not look whether the server stops."""


class CheckInServer(FaultyServer):
    """Serves /codes, /results and /withdrawals below its address. tls, port: see `FaultyServer`.

    desk: the codes, and what phones do with them. now_s, prefix: see `VenueDesk`.
    """

    def __init__(
        self,
        now_s: Callable[[], float] = time.monotonic,
        prefix: str = "https://check-in.example/c/",
        tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(PATH, "check-in server", tls, port)
        self.desk = VenueDesk(now_s, prefix)

    def reply(self, request: ReceivedRequest) -> tuple[int, dict[str, Any]]:
        """Return a code, or a result as soon as it is another one than the kiosk knows."""
        match request.path.removeprefix(PATH):
            case "/codes":
                return 200, self.desk.issue(request.fields)
            case "/results":
                answer = self._hold(request.fields)
                return (200, answer) if answer else (404, {"error": "unknown code"})
            case "/withdrawals":
                self.desk.withdraw(request.fields)
                return 200, {}
            case _:
                return 404, {"error": "unknown path"}

    def _hold(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        """Return the answer about a code; wait for up to `wait_s` while the kiosk knows it already."""
        ends_at_s = time.monotonic() + min(float(asked.get("wait_s", 0)), 10.0)
        with self.desk.changed:
            while True:
                answer = self.desk.result(asked)
                news = answer is None or answer["status"] != asked.get("known")
                left_s = ends_at_s - time.monotonic()
                if news or left_s <= 0 or self.stopping.is_set():
                    return answer
                self.desk.changed.wait(min(left_s, LOOK_S))
