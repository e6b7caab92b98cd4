"""The driver makes connections again with growing pauses. Its clock is a number; nothing listens at its port."""

from pathlib import Path
from random import Random

from kiosk.errors import KioskError
from kiosk.fleet.outbox.cursor import CursorFile
from kiosk.fleet.outbox.driver import FIRST_PAUSE_S, LONGEST_PAUSE_S, STEADY_S, FleetDriver
from kiosk.fleet.outbox.fleet_link import FleetLink
from kiosk.fleet.outbox.mqtt_client import BoundedClient, connect, new_client
from kiosk.fleet.outbox.row_outbox import RowOutbox
from kiosk.journal.portions import START, Place

from .rows import BOOT, Rows
from .test_way_to_the_office import CONNACK, LyingBroker
from .town import KEYS, until


def driver_to(port: int, folder: Path, *, refuses: bool = False) -> FleetDriver:
    def client() -> BoundedClient:
        if refuses:
            raise KioskError("the certificate names another kiosk", "fleet_refused")
        return new_client("north", None)

    outbox = RowOutbox(Rows(1).after, START, Random(1))
    link = FleetLink("north", outbox, lambda: KEYS.of("north"), client, lambda each: connect(each, "127.0.0.1", port))
    return FleetDriver(link, CursorFile(folder / "cursor"), lambda _now_s: None, Random(1))


def test_a_server_that_is_away_is_tried_with_growing_drawn_pauses(tmp_path: Path) -> None:
    driver, now_s, pauses = driver_to(9, tmp_path), 0.0, []
    for _ in range(10):
        due_s = driver.turn(now_s)
        pauses.append(due_s - now_s)
        assert driver.turn(now_s + 0.01) == due_s, "it does not connect before its time"
        now_s = due_s
    assert FIRST_PAUSE_S / 2 <= pauses[0] <= FIRST_PAUSE_S
    assert LONGEST_PAUSE_S / 2 <= pauses[-1] <= LONGEST_PAUSE_S
    assert len(set(pauses)) == 10


def test_the_pauses_begin_anew_only_after_a_connection_that_lasted(tmp_path: Path) -> None:
    broker = LyingBroker(CONNACK)
    driver = driver_to(broker.port, tmp_path)
    driver.turn(0.0)
    until(lambda: driver.link.is_connected, lambda: driver.link.read(0.0))
    driver.link.close()
    short_s = driver.turn(0.1)
    assert short_s <= FIRST_PAUSE_S
    broker.close()
    broker = LyingBroker(CONNACK)
    driver = driver_to(broker.port, tmp_path)
    driver._pause_s = LONGEST_PAUSE_S
    driver.turn(0.0)
    until(lambda: driver.link.is_connected, lambda: driver.link.read(0.0))
    driver.turn(1.0)
    assert driver._pause_s == LONGEST_PAUSE_S
    driver.link._unacked.clear()  # this broker acknowledges nothing, and would be left before
    driver.turn(STEADY_S + 1.0)
    assert driver._pause_s == FIRST_PAUSE_S
    driver.close(STEADY_S + 2.0)
    broker.close()


def test_files_that_cannot_be_used_are_reported_and_tried_again(tmp_path: Path) -> None:
    driver = driver_to(9, tmp_path, refuses=True)
    driver.turn(0.0)
    assert driver.link.refused == "the certificate names another kiosk"
    assert driver.turn(0.1) <= FIRST_PAUSE_S


def test_the_end_stores_the_place(tmp_path: Path) -> None:
    driver = driver_to(9, tmp_path)
    driver.turn(0.0)
    driver.link.outbox.place = Place(7, BOOT, 7)
    driver.close(1.0)
    assert CursorFile(tmp_path / "cursor").load() == Place(7, BOOT, 7)
