"""The venue's own server, over HTTPS."""

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kiosk.settings.schema.services import CheckInSettings
from kiosk.support.https.headers import check_address, headers_of
from kiosk.support.https.outcome import RequestOutcome

if TYPE_CHECKING:  # requests takes 60 ms and some MB; a site without a service does not import it
    from kiosk.support.https.exchange import PendingAnswer


class Endpoint(Enum):
    """The three addresses of the server; each value is added to the address in the settings."""

    CODES = "codes"
    RESULTS = "results"
    WITHDRAWALS = "withdrawals"


class VenueRequest(Protocol):
    """A request that was sent."""

    def poll(self) -> RequestOutcome | None:
        """Return the outcome, or None if it is not known yet; never wait."""
        ...

    def cancel(self) -> None:
        """End the request; its outcome does not count any more."""


class VenueServer(Protocol):
    """The server, as the duty uses it: one request at a time for each endpoint."""

    def begin(self, endpoint: Endpoint, body: bytes, limit_s: float) -> VenueRequest | None:
        """Send `body`; return None if an earlier request to this endpoint has not ended yet."""
        ...


OpenVenue = Callable[[CheckInSettings, Path], VenueServer]
"""Makes the server of a site; file names in the settings start at the folder."""


class HttpsVenueServer:
    """The server at the address in the settings.

    Raises:
        SettingsError: the address is neither https nor loopback, a header is reserved, or a file cannot be used.
    """

    def __init__(self, settings: CheckInSettings, folder: Path) -> None:
        from kiosk.support.https.exchange import HttpsClient

        check_address(settings.address)
        headers = headers_of(settings.headers, settings.secret_headers, folder)
        ca_file = folder / settings.ca_file if settings.ca_file else None
        address, limit = settings.address.rstrip("/"), settings.max_answer_bytes
        self._clients = {
            endpoint: HttpsClient(f"{address}/{endpoint.value}", headers, ca_file, limit, "check_in")
            for endpoint in Endpoint
        }

    def begin(self, endpoint: Endpoint, body: bytes, limit_s: float) -> "PendingAnswer | None":
        """Send `body`; return None if an earlier request to this endpoint has not ended yet."""
        client = self._clients[endpoint]
        return None if client.busy else client.begin(body, limit_s)
