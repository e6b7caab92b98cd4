"""The status service of a health app, for the demo and the tests."""

import ssl
from collections.abc import Mapping
from typing import Any

from kiosk.simulator.services.faulty_server import FaultyServer, ReceivedRequest


class StatusServer(FaultyServer):
    """Answers {"status": …} for the codes in a table, and HTTP 404 for other codes.

    statuses: the table code → status, which can be changed at any time. tls, port: see `FaultyServer`.
    """

    def __init__(self, statuses: Mapping[str, str], tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        super().__init__("/status", "status service", tls, port)
        self.statuses = statuses

    def reply(self, request: ReceivedRequest) -> tuple[int, dict[str, Any]]:
        """Return the status of the code."""
        status = self.statuses.get(str(request.fields.get("code", "")))
        return (404, {"error": "unknown code"}) if status is None else (200, {"status": status})
