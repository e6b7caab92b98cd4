"""One kiosk's connection to the broker: rows, state, last will, answers. Its owner waits for the socket.

Rule 1: if the broker owes an acknowledgement for ACK_S, the connection is dropped and nothing more is published. So the
memory is bounded with every broker: one that hangs, one that floods (see `mqtt_client`), and one that takes messages
and acknowledges none.
Rule 2: the kiosk subscribes to its confirmations only. No message can do anything but confirm rows.
Rule 3: rows, their answers and states are sealed (see `seals`): an answer whose seal is wrong is logged and has no
effect.
Rule 4: the state is retained, and the newest one replaces those that were not sent. It is sent again from time to time,
because the office takes a kiosk without a new state for silent.
"""

import logging
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from kiosk.fleet.outbox.row_outbox import RowOutbox
from kiosk.fleet.wire.kiosk_state import KioskState, encode_state
from kiosk.fleet.wire.seals import SealKey
from kiosk.fleet.wire.topics import CONFIRMED, OFFLINE_PAYLOAD, ONLINE, ONLINE_PAYLOAD, ROWS, STATE, topic

logger = logging.getLogger(__name__)

ACK_S = 20.0
"""Time in which the broker must answer CONNECT and acknowledge a message."""

STATE_S = 2.0
"""Shortest time between two messages with the state."""

REPEAT_S = 60.0
"""Longest time between two messages with the state; see `kiosk.fleet.collector.watch.STATE_AGE_S`."""

NO_SUBSCRIBERS = 0x10
"""The reason code by which a broker says that nobody listens (MQTT 5, section 3.4.2.1)."""

MISC_S = 5.0
"""Time between two looks at the keep-alive."""


class FleetLink:
    """The connection of the kiosk `name`; after `close` or a loss, `open` makes a new one.

    read_key: returns the key of the kiosk's seals. new_client: makes a client with name and TLS. Both raise
    `KioskError` if that is not possible. connect: connects the client and blocks meanwhile; raises `OSError`.
    utc_s: returns the time of day in seconds since 1970.
    All times are monotonic seconds. Not safe to use from several threads, except for `show`.
    """

    def __init__(
        self,
        name: str,
        outbox: RowOutbox,
        read_key: Callable[[], SealKey],
        new_client: Callable[[], paho.Client],
        connect: Callable[[paho.Client], None],
        utc_s: Callable[[], float] = time.time,
    ) -> None:
        self.outbox = outbox
        self.refused = ""
        self._name = name
        self._read_key = read_key
        self._new_client = new_client
        self._connect = connect
        self._utc_s = utc_s
        self._key: SealKey | None = None
        self._client: paho.Client | None = None
        self._is_connected = False
        self._now_s = 0.0
        self._misc_s = 0.0
        self._unacked: dict[int, float] = {}
        self._rows_mid = 0
        self._opened_at_s = 0.0
        self._wanted: KioskState | None = None
        self._shown: KioskState | None = None
        self._shown_at_s = float("-inf")

    def open(self, now_s: float) -> None:
        """Connect; blocks. Raises `OSError` or `KioskError` if that fails."""
        self.close()
        self._key = self._read_key()
        client = self._new_client()
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.will_set(topic(self._name, ONLINE), OFFLINE_PAYLOAD, qos=1, retain=True)
        self._unacked.clear()
        self._shown = None
        self._now_s = self._opened_at_s = self._misc_s = now_s
        self._connect(client)
        self._client = client

    def close(self) -> None:
        """End the connection; the broker publishes the last will."""
        client, self._client = self._client, None
        self._lose()
        if client and (open_socket := client.socket()):
            open_socket.close()

    def show(self, state: KioskState) -> None:
        """Publish `state` when the connection and the pace allow it. Safe from any thread."""
        self._wanted = state

    @property
    def is_connected(self) -> bool:
        """True between the broker's answer to CONNECT and the end of the connection."""
        return self._is_connected

    @property
    def socket(self) -> socket.socket | None:
        """The socket to wait for; None without a connection."""
        found = self._client.socket() if self._client else None
        return found if isinstance(found, socket.socket) else None

    @property
    def wants_to_write(self) -> bool:
        """True if there is something to send as soon as the socket takes it."""
        return bool(self._client and self._client.want_write())

    def read(self, now_s: float) -> None:
        """Take what arrived."""
        self._now_s = now_s
        more = True
        while more and self._client:
            self._check(self._client.loop_read())
            sock = self.socket
            more = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0  # poll(2) does not see what TLS has read

    def write(self, now_s: float) -> None:
        """Send what waits."""
        self._now_s = now_s
        if self._client:
            self._check(self._client.loop_write())

    def tick(self, now_s: float) -> float:
        """Send what is due; return when to call it next. Without a connection, the owner calls `open` instead."""
        self._now_s = now_s
        client = self._client
        if client is None:
            return float("inf")
        if now_s >= self._misc_s:
            self._misc_s = now_s + MISC_S
            self._check(client.loop_misc())
        oldest_s = min(self._unacked.values(), default=now_s) if self._is_connected else self._opened_at_s
        if now_s - oldest_s >= ACK_S:
            logger.warning("fleet: the broker acknowledges nothing for %.0f s; the connection is dropped", ACK_S)
            self.close()
            return now_s
        if not self._is_connected:
            return min(self._misc_s, self._opened_at_s + ACK_S)
        batch = self.outbox.next_batch(now_s)
        if batch is not None and self._key:
            self._rows_mid = self._publish(ROWS, self._key.close(topic(self._name, ROWS), batch))
        if self._wanted and self._key and now_s >= self._state_due_s():
            self._shown, self._shown_at_s = self._wanted, now_s
            state = replace(self._wanted, waiting=self.outbox.waiting, sent_ms=int(self._utc_s() * 1000))
            self._publish(STATE, self._key.close_json(topic(self._name, STATE), encode_state(state)), retain=True)
        return min(self._misc_s, self.outbox.due_s(), self._state_due_s())

    def _state_due_s(self) -> float:
        if self._wanted is None:
            return float("inf")
        return self._shown_at_s + (REPEAT_S if self._wanted == self._shown else STATE_S)

    def _publish(self, part: str, message: bytes, *, retain: bool = False) -> int:
        """Publish and return the number of the message on this connection; 0 without a connection."""
        if self._client is None:
            return 0
        sent = self._client.publish(topic(self._name, part), message, qos=1, retain=retain)
        self._unacked[sent.mid] = self._now_s
        self._check(sent.rc)
        return sent.mid

    def _check(self, code: MQTTErrorCode) -> None:
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.close()

    def _lose(self) -> None:
        self._is_connected = False
        self.outbox.disconnected()

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, code: ReasonCode, _more: Any) -> None:
        if code.is_failure:
            self.refused = f"the broker refuses this kiosk: {code}"
            return
        self.refused = ""
        self._is_connected = True
        client.subscribe(topic(self._name, CONFIRMED), qos=1)
        self._publish(ONLINE, ONLINE_PAYLOAD, retain=True)
        self.outbox.connected(self._now_s)

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, _code: ReasonCode, _more: Any) -> None:
        self._lose()

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        if message.topic != topic(self._name, CONFIRMED) or self._key is None:
            return
        answer = self._key.open(message.topic, bytes(message.payload))
        if answer is None:
            logger.warning(
                "fleet: an answer has a wrong seal; copy seal.key from the office again, or look at the broker"
            )
        else:
            self.outbox.answered(answer, self._now_s)

    def _on_publish(self, _client: Any, _data: Any, mid: int, code: ReasonCode, _more: Any) -> None:
        self._unacked.pop(mid, None)
        if code.is_failure:
            self.refused = f"the broker refuses a message: {code}"
        elif code.value == NO_SUBSCRIBERS and mid == self._rows_mid:
            self.outbox.unheard(self._now_s)
