"""From a journal into the database, through a real broker: outages, restarts, refusals, brokers that misbehave."""

import json
import socket
import threading
import tracemalloc
from pathlib import Path
from random import Random

import paho.mqtt.client as paho
import pytest

from bench.city.engines import Mosquitto, Postgres
from kiosk.fleet.collector import intake as intake_module
from kiosk.fleet.collector.broker_client import Broker, collector_client
from kiosk.fleet.outbox import mqtt_client
from kiosk.fleet.outbox.fleet_link import ACK_S, FleetLink
from kiosk.fleet.outbox.row_outbox import RowOutbox
from kiosk.fleet.wire.batches import Answer, encode_answer, encode_batch
from kiosk.fleet.wire.kiosk_state import KioskState
from kiosk.fleet.wire.seals import SEAL_BYTES
from kiosk.journal.portions import START, Portion
from tests.journal.books import admitted, journal

from .rows import Rows, row
from .town import KEYS, ask, collecting, sending, until

ROWS_OF = "SELECT id FROM journal_row ORDER BY arrival"


def test_rows_arrive_once_and_in_order_while_the_journal_is_written(
    tmp_path: Path, broker: Mosquitto, database: str
) -> None:
    book = journal(tmp_path / "j.db")
    for visit in range(150):
        book.append(admitted(visit))
    with collecting(broker.port, database) as intake, sending(tmp_path / "j.db", broker.port) as (sender, outbox):
        until(lambda: intake.rows == 150, intake.turn)
        book.append(admitted(151))
        sender.wake()
        until(lambda: outbox.place.id == 151, intake.turn)
    assert ask(database, ROWS_OF) == [(number,) for number in range(1, 152)]
    assert json.loads((tmp_path / "fleet-cursor").read_text())[0] == 151
    book.close()


def test_a_broker_and_a_database_that_go_away_cost_no_row(
    tmp_path: Path, broker: Mosquitto, postgres: Postgres, database: str
) -> None:
    book = journal(tmp_path / "j.db")
    book.append(admitted(1))
    with collecting(broker.port, database) as intake, sending(tmp_path / "j.db", broker.port) as (sender, outbox):
        until(lambda: outbox.place.id == 1, intake.turn)
        broker.stop()
        book.append(admitted(2))
        sender.wake()
        broker.start()
        until(lambda: outbox.place.id == 2, intake.turn)
        postgres.stop()
        book.append(admitted(3))
        sender.wake()
        intake.turn()
        postgres.start()
        until(lambda: outbox.place.id == 3, intake.turn)
    assert ask(database, ROWS_OF) == [(1,), (2,), (3,)]
    book.close()


def test_a_lost_cursor_only_makes_the_kiosk_send_its_rows_again(
    tmp_path: Path, broker: Mosquitto, database: str
) -> None:
    book = journal(tmp_path / "j.db")
    for visit in range(120):
        book.append(admitted(visit))
    for _ in range(2):
        with collecting(broker.port, database) as intake, sending(tmp_path / "j.db", broker.port) as (_, outbox):
            until(lambda: outbox.place.id == 120, intake.turn)
        (tmp_path / "fleet-cursor").unlink()
    assert ask(database, ROWS_OF) == [(number,) for number in range(1, 121)]
    assert ask(database, "SELECT sum(rows) FROM hourly") == [(120,)]
    book.close()


def test_two_collectors_share_the_rows_of_several_kiosks(tmp_path: Path, broker: Mosquitto, database: str) -> None:
    for name in ("north", "south"):
        (tmp_path / name).mkdir()
        book = journal(tmp_path / name / "j.db")
        for visit in range(450):
            book.append(admitted(visit))
        book.close()
    with (
        collecting(broker.port, database, "collector_1") as one,
        collecting(broker.port, database, "collector_2") as two,
        sending(tmp_path / "north/j.db", broker.port, "north") as (_, north),
        sending(tmp_path / "south/j.db", broker.port, "south") as (_, south),
    ):

        def turn() -> None:
            one.turn()
            two.turn()

        until(lambda: north.place.id == south.place.id == 450, turn)
        assert one.rows + two.rows == 900
        assert one.rows
        assert two.rows
    assert ask(database, "SELECT kiosk, count(*) FROM journal_row GROUP BY 1 ORDER BY 1") == [
        ("north", 450), ("south", 450),
    ]  # fmt: skip


def test_a_message_that_is_no_batch_is_refused_and_the_rows_of_other_kiosks_are_stored(
    tmp_path: Path, broker: Mosquitto, database: str
) -> None:
    book = journal(tmp_path / "j.db")
    book.append(admitted(1))
    stranger = collector_client(Broker("127.0.0.1", broker.port, "stranger"))
    stranger.connect("127.0.0.1", broker.port)
    stranger.loop_start()
    with collecting(broker.port, database) as intake, sending(tmp_path / "j.db", broker.port) as (sender, outbox):
        until(lambda: outbox.place.id == 1, intake.turn)
        for message in (b"", b"nonsense", b'{"v":1,"batch":"0123456789abcdef","missing":0,"rows":[[1]]}'):
            stranger.publish("kiosk/other/rows", message, qos=1).wait_for_publish(5)
        book.append(admitted(2))
        sender.wake()
        until(lambda: outbox.place.id == 2, intake.turn)
    stranger.disconnect()
    stranger.loop_stop()
    assert ask(database, "SELECT DISTINCT kiosk FROM journal_row") == [("north",)]
    book.close()


class LyingBroker:
    """A listener on loopback that answers as `lie` says, and takes nothing that it did not read."""

    def __init__(self, lie: bytes, *, floods: bool = False) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._lie = lie
        self._floods = floods
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        try:
            connection, _ = self._server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(self._lie)
                while self._floods:
                    connection.sendall(self._lie[-1:] * 65536)
                while connection.recv(1000):
                    pass
        except OSError:
            return

    def close(self) -> None:
        self._server.close()
        self._thread.join(5)


CONNACK = b"\x20\x03\x00\x00\x00"
LONG_MESSAGE = b"\x30\xff\xff\xff\x7f\x00\x05kiosk"
"""The head of a message of 256 MB, the longest that MQTT can express."""


def link_to(port: int, rows: Rows) -> FleetLink:
    outbox = RowOutbox(rows.after, START, Random(1))
    return FleetLink(
        "north",
        outbox,
        lambda: KEYS.of("north"),
        lambda: mqtt_client.new_client("north", None),
        lambda client: mqtt_client.connect(client, "127.0.0.1", port),
    )


def test_a_broker_that_never_answers_is_left_after_its_time() -> None:
    broker = LyingBroker(b"")
    link = link_to(broker.port, Rows(1))
    link.open(0.0)
    assert link.tick(ACK_S - 0.1) > ACK_S - 0.1
    assert link.socket
    link.tick(ACK_S)
    assert link.socket is None
    broker.close()


def test_a_broker_that_acknowledges_nothing_is_left_after_its_time() -> None:
    broker = LyingBroker(CONNACK)
    link = link_to(broker.port, Rows(1))
    link.show(KioskState("idle"))
    link.open(0.0)
    until(lambda: link.is_connected, lambda: link.read(1.0))
    link.tick(1.0)
    link.tick(1.0 + ACK_S)
    assert link.socket is None
    assert not link.is_connected
    broker.close()


def test_a_broker_that_confirms_rows_itself_moves_no_place() -> None:
    """It knows the number of the batch, as each broker does, and has no key."""
    broker = LyingBroker(CONNACK)
    rows = Rows(1)
    link = link_to(broker.port, rows)
    link.open(0.0)
    until(lambda: link.is_connected, lambda: link.read(1.0))
    link.tick(1.0)
    topic, answer = "kiosk/north/confirmed", encode_answer(Answer(link.outbox._number))
    for message in (answer, bytes(SEAL_BYTES) + answer, KEYS.of("south").close(topic, answer)):
        link._on_message(None, None, paho_message(topic, message))
        assert link.outbox.place == START
    link._on_message(None, None, paho_message(topic, KEYS.of("north").close(topic, answer)))
    assert link.outbox.place.id == 1
    link.close()
    broker.close()


def paho_message(topic: str, payload: bytes) -> paho.MQTTMessage:
    message = paho.MQTTMessage(topic=topic.encode())
    message.payload = payload
    return message


@pytest.mark.parametrize("lie", [CONNACK + LONG_MESSAGE + b"x", CONNACK + b"\xd0\x00" * 100_000], ids=["long", "many"])
def test_a_broker_that_floods_is_left_and_costs_little_memory(lie: bytes) -> None:
    broker = LyingBroker(lie, floods=lie.endswith(b"x"))
    link = link_to(broker.port, Rows(1))
    link.open(0.0)
    tracemalloc.start()
    until(lambda: link.socket is None, lambda: link.read(1.0))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20
    broker.close()


def test_a_flood_of_messages_uses_up_neither_the_memory_nor_the_connection_of_a_collector(
    broker: Mosquitto, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More messages than wait are acknowledged unstored; when the flood is over, the next ones are stored."""
    monkeypatch.setattr(intake_module, "WAITING_BYTES", 20_000)
    kiosks = collector_client(Broker("127.0.0.1", broker.port, "kiosks"))
    kiosks.connect("127.0.0.1", broker.port)
    kiosks.loop_start()

    def publish(first: int, count: int) -> None:
        for number in range(first, first + count):
            message = encode_batch(f"{number:016x}", Portion((row(number),), START))
            name = f"k-{number % 50}"
            topic = f"kiosk/{name}/rows"
            sent = kiosks.publish(topic, KEYS.of(name).close(topic, message), qos=1)
        sent.wait_for_publish(30)

    with collecting(broker.port, database) as intake:
        until(lambda: intake.is_connected, intake.turn)
        publish(1, 3000)
        stored = -1
        while stored != intake.rows:
            stored = intake.rows
            intake.turn()
        assert 0 < intake.rows < 3000
        publish(5000, 40)
        until(lambda: ask(database, "SELECT count(*) FROM journal_row WHERE seq >= 5000") == [(40,)], intake.turn)
    kiosks.disconnect()
    kiosks.loop_stop()
