"""The powers of somebody who has the certificate of one kiosk, at the broker with the settings that are shipped."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from bench.city.engines import Mosquitto, readable_folder, unprivileged
from kiosk.fleet.enrolment.authority import Authority
from kiosk.fleet.wire.topics import SHARED_ROWS

from .conftest import need_engines
from .town import until

SHIPPED = Path(__file__).parents[2] / "fleet"
OTHERS_TOPICS = (
    "kiosk/south/rows", "kiosk/south/state", "kiosk/south/online", "kiosk/south/confirmed", "kiosk/north/confirmed",
    "kiosk/north/door", "kiosk/north", "homeassistant/device/north/config", "homeassistant/device/south/config", "any",
)  # fmt: skip
OTHERS_FILTERS = ("#", "kiosk/#", "kiosk/+/confirmed", "kiosk/south/state", "kiosk/north/rows", SHARED_ROWS, "$SYS/#")


@pytest.fixture(scope="module")
def office() -> Iterator[tuple[Mosquitto, Path]]:
    """Yield the broker with the shipped settings, and the folder of the certificates."""
    need_engines()
    with readable_folder() as folder:
        authority = Authority.make(folder)
        authority.make_server(["localhost", "127.0.0.1"], folder)
        for name in ("north", "south", "collector_1", "home_assistant", "lost"):
            authority.make_client(name, folder)
        authority.revoke(folder / "lost.pem")
        stranger = Authority.make(folder / "stranger")
        stranger.make_client("south", folder / "stranger")
        (folder / "acl").write_text((SHIPPED / "mosquitto.acl").read_text())
        text = (SHIPPED / "mosquitto.conf").read_text().replace("/etc/kiosk-fleet", str(folder))
        assert "listener 8883\n" in text
        broker = Mosquitto(folder / "broker", text.replace("listener 8883\n", ""))
        broker.give(folder / "server.key")
        with broker:
            yield broker, folder


class Client:
    """An MQTT client with the certificate `name`, and what it was told."""

    def __init__(self, office: tuple[Mosquitto, Path], name: str, client_id: str = "", folder: str = ".") -> None:
        broker, files = office
        context = ssl.create_default_context(cafile=str(files / "ca.pem"))
        if name:
            context.load_cert_chain(files / folder / f"{name}.pem", files / folder / f"{name}.key")
        self.messages: list[tuple[str, bytes]] = []
        self.codes: dict[int, int] = {}
        self.connected: int | None = None
        self.ended = False
        self.paho = paho.Client(
            CallbackAPIVersion.VERSION2, client_id or name, protocol=paho.MQTTv5, reconnect_on_failure=False
        )
        self.paho.tls_set_context(context)
        self.paho.on_connect = lambda _c, _d, _f, code, _p: setattr(self, "connected", code.value)
        self.paho.on_disconnect = lambda *_more: setattr(self, "ended", True)
        self.paho.on_publish = lambda _c, _d, mid, code, _p: self.codes.__setitem__(mid, code.value)
        self.paho.on_subscribe = lambda _c, _d, mid, codes, _p: self.codes.__setitem__(mid, codes[0].value)
        self.paho.on_message = lambda _c, _d, message: self.messages.append((message.topic, bytes(message.payload)))
        self._port = broker.port

    def open(self) -> "Client":
        self.paho.connect("127.0.0.1", self._port)
        self.turn(lambda: self.connected is not None)
        return self

    def turn(self, is_reached: Callable[[], bool]) -> None:
        until(is_reached, lambda: self.paho.loop(0.05))

    def publish(self, topic: str, message: bytes = b"x", **more: Any) -> int:
        """Return the broker's reason code."""
        sent = self.paho.publish(topic, message, qos=1, **more)
        self.turn(lambda: sent.mid in self.codes)
        return self.codes[sent.mid]

    def subscribe(self, topic: str) -> int:
        _, mid = self.paho.subscribe(topic, qos=1)
        assert mid is not None
        self.turn(lambda: mid in self.codes)
        return self.codes[mid]

    def drop(self) -> None:
        """End the connection without a word, so that the broker publishes the last will."""
        sock = self.paho.socket()
        assert sock
        sock.close()

    def close(self) -> None:
        self.paho.disconnect()
        until(lambda: self.paho.socket() is None, lambda: self.paho.loop(0.05))


REFUSED = 0x87
"""Not authorized (MQTT 5, section 2.4)."""


def test_a_kiosk_writes_its_own_rows_and_state_and_nothing_else(office: tuple[Mosquitto, Path]) -> None:
    north = Client(office, "north").open()
    for topic in ("kiosk/north/rows", "kiosk/north/state", "kiosk/north/online"):
        assert north.publish(topic) < 0x80
    assert {topic: north.publish(topic) for topic in OTHERS_TOPICS} == dict.fromkeys(OTHERS_TOPICS, REFUSED)
    assert {topic: north.publish(topic, retain=True) for topic in OTHERS_TOPICS} == dict.fromkeys(
        OTHERS_TOPICS, REFUSED
    )
    north.close()


def test_a_kiosk_hears_its_own_confirmations_and_nothing_else(office: tuple[Mosquitto, Path]) -> None:
    north, south, collector = (Client(office, name).open() for name in ("north", "south", "collector_1"))
    assert north.subscribe("kiosk/north/confirmed") == 1
    for topic in OTHERS_FILTERS:
        north.subscribe(topic)
    south.publish("kiosk/south/state", retain=True)
    south.publish("kiosk/south/rows")
    collector.publish("kiosk/south/confirmed", b"south")
    collector.publish("kiosk/north/confirmed", b"north")
    north.turn(lambda: bool(north.messages))
    assert north.publish("kiosk/north/state") < 0x80  # after the answer, everything before it was delivered
    assert set(north.messages) == {("kiosk/north/confirmed", b"north")}  # once for each filter that matches
    for client in (north, south, collector):
        client.close()


def test_a_kiosk_cannot_take_over_the_session_of_another_by_its_client_id(office: tuple[Mosquitto, Path]) -> None:
    south = Client(office, "south").open()
    thief = Client(office, "north", client_id="south").open()
    assert south.publish("kiosk/south/state") < 0x80
    assert not south.ended
    assert thief.publish("kiosk/south/state") == REFUSED
    south.close()
    thief.close()


def test_a_last_will_on_the_topic_of_another_kiosk_is_not_published(office: tuple[Mosquitto, Path]) -> None:
    collector = Client(office, "collector_1").open()
    collector.subscribe("kiosk/+/online")
    thief = Client(office, "north")
    thief.paho.will_set("kiosk/south/online", b"offline", qos=1, retain=True)
    thief.open()
    thief.drop()
    honest = Client(office, "south")
    honest.paho.will_set("kiosk/south/online", b"gone", qos=1)
    honest.open()
    honest.drop()
    collector.turn(lambda: ("kiosk/south/online", b"gone") in collector.messages)
    assert collector.messages == [("kiosk/south/online", b"gone")]
    collector.close()


@pytest.mark.parametrize(("name", "folder"), [("", "."), ("lost", "."), ("south", "stranger")])
def test_without_a_certificate_of_the_fleet_or_with_a_revoked_one_nobody_connects(
    office: tuple[Mosquitto, Path], name: str, folder: str
) -> None:
    client = Client(office, name, client_id="south", folder=folder)
    try:
        client.paho.connect("127.0.0.1", office[0].port)
    except OSError:
        return
    until(lambda: client.ended or client.paho.socket() is None, lambda: client.paho.loop(0.05))
    assert client.connected is None


def test_a_message_that_is_too_large_ends_the_connection(office: tuple[Mosquitto, Path]) -> None:
    north = Client(office, "north").open()
    north.paho.publish("kiosk/north/rows", b"x" * 200_000, qos=1)
    north.turn(lambda: north.ended)
    assert Client(office, "south").open().publish("kiosk/south/state") < 0x80


def test_home_assistant_reads_states_and_can_write_nothing(office: tuple[Mosquitto, Path]) -> None:
    assistant = Client(office, "home_assistant").open()
    for topic in (*OTHERS_TOPICS, "kiosk/home_assistant/door"):
        assert assistant.publish(topic) == REFUSED
    assistant.close()


def test_the_engines_run_without_the_rights_of_root() -> None:
    assert unprivileged() != "root"
