"""The question of `kiosk doctor` to the venue's server: it gets a code and withdraws it."""

import secrets
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from kiosk.credentials.check_in.duty import REMEDIES
from kiosk.credentials.check_in.messages import Binding, code_request, read_code, withdrawal
from kiosk.credentials.check_in.venue_server import Endpoint, HttpsVenueServer
from kiosk.errors import KioskError
from kiosk.settings.schema.services import CheckInSettings
from kiosk.support.https.outcome import RequestFailure, RequestOutcome

MOST_APART_S = 60.0
"""Greatest difference between the clocks of kiosk and server; TLS and tokens begin to fail beyond it."""


def probe_venue(settings: CheckInSettings, kiosk: str, folder: Path) -> str:
    """Return how fast the server gave a code, and how far its clock is from this one.

    Raises `KioskError` if it gives no usable answer, or if the clocks differ by more than `MOST_APART_S`.
    """
    server = HttpsVenueServer(settings, folder)
    binding = Binding(kiosk, secrets.token_urlsafe(16), secrets.token_urlsafe(16))
    asked_at_s = time.monotonic()
    outcome = _ask(server, Endpoint.CODES, code_request(binding), settings)
    took_ms = (time.monotonic() - asked_at_s) * 1000
    issued = None if isinstance(outcome, RequestFailure) else read_code(outcome.body, binding)
    if isinstance(outcome, RequestFailure) or issued is None:
        failure = outcome if isinstance(outcome, RequestFailure) else RequestFailure.NOT_UNDERSTOOD
        raise KioskError(f"the check-in server gives no code: {failure.value}; {REMEDIES[failure]}")
    _ask(server, Endpoint.WITHDRAWALS, withdrawal(binding, issued.id), settings)
    return f"a code in {took_ms:.0f} ms, {len(issued.code)} characters, valid for {issued.valid_s:.0f} s; " + _clocks(
        outcome.date
    )


def _ask(server: HttpsVenueServer, endpoint: Endpoint, body: bytes, settings: CheckInSettings) -> RequestOutcome:
    request = server.begin(endpoint, body, settings.request_timeout_s)
    assert request, "the first request to an endpoint is never busy"
    return request.wait()


def _clocks(date: str) -> str:
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return "it tells no time"
    apart_s = abs(((theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())
    if apart_s > MOST_APART_S:
        raise KioskError(
            f"the clocks of kiosk and check-in server differ by {apart_s:.0f} s; see 'timedatectl' on both"
        )
    return "the clocks agree"
