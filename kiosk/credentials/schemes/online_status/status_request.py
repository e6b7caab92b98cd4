"""The request to the status service: address, headers and body, made from the settings and checked at the start.

Rule: the code is in the body alone, because addresses and headers end up in the logs of other machines.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from kiosk.errors import SettingsError
from kiosk.settings.schema.services import OnlineStatusSettings
from kiosk.support.https.headers import check_address, headers_of
from kiosk.support.https.outcome import RequestOutcome


class StatusRequest:
    """The request that the settings `credentials.online_status` describe; only the code is added later, by `body`.

    Raises:
        SettingsError: the address is neither https nor loopback, a header is reserved, a secret file cannot be used, or
            two fields have the same place in the body.
    """

    def __init__(self, settings: OnlineStatusSettings, folder: Path) -> None:
        check_address(settings.address)
        self.address = settings.address
        self.headers = headers_of(settings.headers, settings.secret_headers, folder)
        self._code_field = settings.code_field
        self._extra_fields = dict(settings.extra_fields)
        self.body("")  # raises where the fields contradict each other

    def body(self, code: str) -> bytes:
        """Return the JSON body that asks for `code`; a dotted field name stands for nested objects.

        Raises:
            SettingsError: two fields have the same place in the body.
        """
        fields: dict[str, Any] = {}
        for path, value in (*self._extra_fields.items(), (self._code_field, code)):
            _set_field(fields, path, value)
        return json.dumps(fields).encode("ascii")


class StatusService(Protocol):
    """The status service, as the scheme uses it: one request at a time, from one thread."""

    def ask(self, code: str, limit_s: float) -> RequestOutcome:
        """Return the answer for `code`, or the failure, within `limit_s` and a quarter of a second."""
        ...


OpenStatus = Callable[[OnlineStatusSettings, Path], StatusService]
"""Makes the status service of a site; file names in the settings start at the folder."""


class HttpsStatusService:
    """The status service at the address in the settings.

    Raises:
        SettingsError: the settings describe a request that cannot be sent, or `ca_file` cannot be read.
    """

    def __init__(self, settings: OnlineStatusSettings, folder: Path) -> None:
        # requests takes 60 ms and some MB; a site without a status service does not import it.
        from kiosk.support.https.exchange import HttpsClient

        self._request = StatusRequest(settings, folder)
        ca_file = folder / settings.ca_file if settings.ca_file else None
        address, headers = self._request.address, self._request.headers
        self._client = HttpsClient(address, headers, ca_file, settings.max_answer_bytes, "status")

    def ask(self, code: str, limit_s: float) -> RequestOutcome:
        """Return the answer for `code`, or the failure, within `limit_s` and a quarter of a second.

        An exception that is not from the network is a mistake in this program; it is raised again here.
        """
        return self._client.begin(self._request.body(code), limit_s).wait()


def _set_field(fields: dict[str, Any], path: str, value: str) -> None:
    *outer, last = path.split(".")
    for name in outer:
        fields = fields.setdefault(name, {})
        if not isinstance(fields, dict):
            raise SettingsError(f"field '{path}' is inside a field that holds a text; rename one of the two")
    if last in fields:
        raise SettingsError(f"field '{path}' is given twice; rename one of 'code_field' and 'extra_fields'")
    fields[last] = value
