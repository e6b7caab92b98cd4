"""The collector's connection to the broker; it keeps itself alive on paho's own thread."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from kiosk.errors import KioskError
from kiosk.fleet.wire.batches import MAX_BATCH_BYTES

IN_FLIGHT = 2000
"""Messages that the broker may send before the first of them is acknowledged (MQTT 5, section 3.1.2.11.3)."""

KEEPALIVE_S = 20
LONGEST_PAUSE_S = 5


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is, and the certificate of this collector; without `ca` there is no TLS (loopback, tests).

    name: the name of the collector; each collector needs its own. With a certificate it is the name in it.
    """

    host: str
    port: int
    name: str
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def collector_client(broker: Broker) -> paho.Client:
    """Return a client that acknowledges a message only when it is told to, and that is not connected yet.

    Raises `KioskError` if a certificate cannot be used.
    """
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=broker.name, protocol=paho.MQTTv5, manual_ack=True)
    client.reconnect_delay_set(1, LONGEST_PAUSE_S)
    if broker.ca:
        try:
            context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(broker.ca))
            if broker.certificate:
                context.load_cert_chain(broker.certificate, broker.key)
        except OSError as error:
            raise KioskError(f"a certificate of the collector cannot be used: {error.strerror or error}") from error
        client.tls_set_context(context)
    return client


def begin(client: paho.Client, broker: Broker) -> None:
    """Let `client` connect, and connect again whenever the connection is lost, on a thread of its own."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.ReceiveMaximum = IN_FLIGHT
    properties.SessionExpiryInterval = 0
    properties.MaximumPacketSize = MAX_BATCH_BYTES + 1024
    client.connect_async(broker.host, broker.port, KEEPALIVE_S, clean_start=True, properties=properties)
    client.loop_start()
