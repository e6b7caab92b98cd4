"""The collector's connection to the broker, on a thread of its own."""

import logging
import os
import select
import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from kiosk.errors import KioskError
from kiosk.fleet.wire.batches import MAX_BATCH_BYTES

logger = logging.getLogger(__name__)

IN_FLIGHT = 2000
"""Messages that the broker may send before the first of them is acknowledged (MQTT 5, section 3.1.2.11.3)."""

KEEPALIVE_S = 20
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 5.0
WAIT_S = 0.2
"""Longest wait; a packet that comes just while the last one is written waits for its end."""

PACKETS_PER_TURN = 20
"""Packets that are read before the next look at what is to be sent."""


@dataclass(frozen=True, slots=True)
class Broker:
    """The address of the broker, and the certificate of this collector; without `ca` there is no TLS (loopback, tests).

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
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=broker.name,
        protocol=paho.MQTTv5,
        manual_ack=True,
        reconnect_on_failure=False,
    )
    if broker.ca:
        try:
            context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(broker.ca))
            if broker.certificate:
                context.load_cert_chain(broker.certificate, broker.key)
        except OSError as error:
            raise KioskError(f"a certificate of the collector cannot be used: {error.strerror or error}") from error
        client.tls_set_context(context)
    return client


class BrokerThread:
    """Connects `client`, moves its packets on a thread of its own, and connects it again after a loss.

    paho's own thread is woken for each single packet of another thread, and the two threads then pass the interpreter
    to and fro. Here packets of other threads only queue, and one call wakes this thread for all of them.
    """

    def __init__(self, client: paho.Client, broker: Broker) -> None:
        self._client = client
        self._broker = broker
        self._ending = threading.Event()
        self._wake_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)
        client.on_socket_register_write = lambda _client, _data, _socket: os.eventfd_write(self._wake_fd, 1)

    @property
    def has_ended(self) -> bool:
        """True if the thread was started and ended, by `stop` or by a bug."""
        return self._thread.ident is not None and not self._thread.is_alive()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the connection and the thread."""
        self._ending.set()
        os.eventfd_write(self._wake_fd, 1)
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._ending.is_set():
            try:
                self._connect()
            except OSError as error:
                logger.info("no connection to the broker: %s; again in %.0f s", error, pause_s)
                self._ending.wait(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
                continue
            pause_s = FIRST_PAUSE_S
            while self._client.socket() is not None and not self._ending.is_set():
                self._turn()
            self._ending.wait(FIRST_PAUSE_S)
        self._client.disconnect()
        self._client.loop_write()

    def _connect(self) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = IN_FLIGHT
        properties.SessionExpiryInterval = 0
        properties.MaximumPacketSize = MAX_BATCH_BYTES + 1024
        broker = self._broker
        self._client.connect(broker.host, broker.port, KEEPALIVE_S, clean_start=True, properties=properties)

    def _turn(self) -> None:
        """Wait for the broker or for another thread's packets, and read and write what is possible."""
        client, sock = self._client, self._client.socket()
        if not isinstance(sock, socket.socket):
            return
        poll = select.poll()
        poll.register(self._wake_fd, select.POLLIN)
        poll.register(sock, select.POLLIN | (select.POLLOUT if client.want_write() else 0))
        has_read = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0  # poll(2) does not see what TLS has read
        events = dict(poll.poll(0 if has_read else WAIT_S * 1000))
        if events.pop(self._wake_fd, 0):
            os.eventfd_read(self._wake_fd)
        has_read = has_read or any(event & ~select.POLLOUT for event in events.values())
        for _ in range(PACKETS_PER_TURN):
            if not has_read:
                break
            client.loop_read()
            has_read = can_read(sock)
        if client.want_write():
            client.loop_write()
        client.loop_misc()


def can_read(sock: socket.socket) -> bool:
    """Return True if `sock` has something to read; paho's own attempt to read nothing costs more than this question."""
    if sock.fileno() < 0:
        return False
    if isinstance(sock, ssl.SSLSocket) and sock.pending() > 0:
        return True
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
