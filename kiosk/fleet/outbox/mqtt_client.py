"""One MQTT 5 client for one connection, without a thread of its own: its owner waits for its socket.

paho keeps messages that were not acknowledged and sends them again on its next connection, without a limit. A client is
therefore used for one connection only and then dropped: the journal keeps the rows.

A malicious server may send more than a kiosk asked for. `BoundedClient` ends the connection when more arrives than the
budget allows; the budget grows with time.
"""

import ssl
import time
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from kiosk.errors import KioskError

KEEPALIVE_S = 20
"""A broker publishes the last will after 1.5 times this (MQTT 5, section 3.1.2.10): of a dead kiosk within 30 s."""

CONNECT_S = 5.0
"""Limit of each step of a connection: name, TCP, TLS."""

BUDGET_BYTES = 4 * 1024
REFILL_BYTES_PER_S = 2 * 1024
"""A kiosk that drains a backlog gets about 1 KB of answers a second."""

CHUNK_BYTES = 1024

MAX_PACKET_BYTES = 4096
"""The largest message that a kiosk takes (MQTT 5, section 3.1.2.11.4); an answer has about 100 bytes."""


class BoundedClient(paho.Client):
    """A client that takes at most BUDGET_BYTES, and REFILL_BYTES_PER_S more for each second."""

    _left_bytes = float(BUDGET_BYTES)
    _filled_at_s = 0.0

    def _sock_recv(self, bufsize: int) -> bytes:
        now_s = time.monotonic()
        if self._filled_at_s:
            refill = (now_s - self._filled_at_s) * REFILL_BYTES_PER_S
            self._left_bytes = min(float(BUDGET_BYTES), self._left_bytes + refill)
        self._filled_at_s = now_s
        if self._left_bytes <= 0:
            raise ConnectionAbortedError("the server sends more than a kiosk asks for")
        data: bytes = super()._sock_recv(min(bufsize, CHUNK_BYTES))
        self._left_bytes -= len(data)
        return data


def tls_context(ca: Path, certificate: Path, key: Path) -> ssl.SSLContext:
    """Return the TLS context of a kiosk: the fleet's own authority, this kiosk's certificate, TLS 1.2 or newer.

    Raises `KioskError` with the fault `fleet_refused` if a file cannot be used.
    """
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(ca))
        context.load_cert_chain(certificate, key)
    except OSError as error:  # SSLError is one
        raise KioskError(
            f"fleet: the certificate, its key or the authority cannot be used ({error.strerror or error}); copy the "
            "files of this kiosk from the office again",
            "fleet_refused",
        ) from error
    return context


def new_client(name: str, context: ssl.SSLContext | None) -> BoundedClient:
    """Return a client for one connection of the kiosk `name`; without `context`, it does not use TLS (tests only)."""
    client = BoundedClient(
        CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5, reconnect_on_failure=False
    )
    client.connect_timeout = CONNECT_S
    if context:
        client.tls_set_context(context)
    return client


def connect(client: paho.Client, host: str, port: int, keepalive_s: int = KEEPALIVE_S) -> None:
    """Connect and send CONNECT; blocks for up to CONNECT_S for each step. Raises `OSError`."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.MaximumPacketSize = MAX_PACKET_BYTES
    properties.SessionExpiryInterval = 0
    code = client.connect(host, port, keepalive_s, clean_start=True, properties=properties)
    if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
        raise ConnectionError(paho.error_string(code))
