"""The watch over the kiosks: silent ones, the broker, and one watcher among several collectors. Time is a number."""

import psycopg

from kiosk.fleet.collector.migrations import migrate
from kiosk.fleet.collector.watch import BROKER, RELOAD_S, RETURN_S, SILENT_S, SilenceWatch
from kiosk.fleet.wire.kiosk_state import KioskState, encode_state
from kiosk.fleet.wire.topics import OFFLINE_PAYLOAD, ONLINE_PAYLOAD

from .town import ask

STANDING = "SELECT kiosk FROM alert WHERE ended_at IS NULL ORDER BY 1"


class Office:
    """A watch over the database at `address`; what it announced is in `announced`."""

    def __init__(self, address: str) -> None:
        self.announced: list[tuple[str, str, str]] = []
        with psycopg.connect(address, autocommit=True) as connection:
            migrate(connection)
        self.watch = SilenceWatch(lambda: psycopg.connect(address, autocommit=True))
        self.watch.announce = lambda *kiosk: self.announced.append(kiosk)
        self.address = address

    def online(self, name: str, now_s: float, payload: bytes = ONLINE_PAYLOAD) -> None:
        self.watch.note(f"kiosk/{name}/online", payload, now_s)

    def alerts(self, now_s: float) -> list[str]:
        self.watch.turn(now_s)
        return [str(name) for (name,) in ask(self.address, STANDING)]


def test_a_kiosk_that_dies_is_an_alert_and_its_return_ends_it(database: str) -> None:
    office = Office(database)
    office.watch.connected(0.0, is_connected=True)
    office.online("north", 1.0)
    office.online("south", 1.0)
    assert office.alerts(RETURN_S + 1) == []
    office.online("north", 100.0, OFFLINE_PAYLOAD)
    assert office.alerts(100.0 + SILENT_S - 0.1) == []
    office.online("north", 110.0, OFFLINE_PAYLOAD)
    assert office.alerts(100.0 + SILENT_S) == ["north"]
    assert ask(database, "SELECT name FROM kiosk WHERE NOT online") == [("north",)]
    office.online("north", 200.0)
    assert office.alerts(200.0) == []
    assert ask(database, "SELECT kiosk, ended_at IS NULL FROM alert") == [("north", False)]
    office.watch.close()


def test_a_kiosk_that_was_never_heard_since_the_broker_came_back_is_an_alert(database: str) -> None:
    office = Office(database)
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO kiosk (name, online) VALUES ('north', true), ('south', true)")
    office.watch.connected(0.0, is_connected=True)
    office.online("south", 5.0)
    assert office.alerts(RETURN_S - 1) == []
    assert office.alerts(RETURN_S + 1) == ["north"]
    office.watch.close()


def test_a_broker_that_is_away_is_one_alert(database: str) -> None:
    office = Office(database)
    office.watch.connected(0.0, is_connected=True)
    office.online("north", 1.0)
    assert office.alerts(100.0) == []
    office.watch.connected(200.0, is_connected=False)
    assert office.alerts(201.0) == []
    assert office.alerts(200.0 + SILENT_S) == [BROKER]
    office.watch.connected(300.0, is_connected=True)
    office.online("north", 301.0)
    assert office.alerts(302.0) == []
    office.watch.close()


def test_the_state_is_stored_and_announced_to_home_assistant_once_for_each_connection(database: str) -> None:
    office = Office(database)
    office.watch.connected(0.0, is_connected=True)
    office.online("north", 1.0)
    office.watch.note("kiosk/north/state", encode_state(KioskState("idle", "closed", app="1.0")), 1.0)
    for now_s in (2.0, 3.0):
        office.watch.turn(now_s)
    assert office.announced == [("north", "", "1.0")]
    assert ask(database, "SELECT online, state ->> 'phase', state ->> 'door' FROM kiosk") == [(True, "idle", "closed")]
    office.watch.connected(4.0, is_connected=False)
    office.watch.connected(5.0, is_connected=True)
    office.watch.turn(6.0)
    assert len(office.announced) == 2
    office.watch.close()


def test_a_message_that_is_no_state_or_has_no_topic_of_a_kiosk_changes_nothing(database: str) -> None:
    office = Office(database)
    office.watch.connected(0.0, is_connected=True)
    for topic in ("kiosk/north/state", "kiosk/NORTH/online", "other", "kiosk/north/rows"):
        office.watch.note(topic, b"nonsense", 1.0)
    office.watch.turn(2.0)
    assert ask(database, "SELECT count(*) FROM kiosk") == [(0,)]
    office.watch.close()


def test_one_of_two_collectors_watches_and_the_other_takes_over(database: str) -> None:
    one, two = Office(database), Office(database)
    one.watch.turn(1.0)
    two.watch.turn(1.0)
    assert (one.watch.is_leader, two.watch.is_leader) == (True, False)
    one.watch.close()
    two.watch.turn(2.0)
    assert two.watch.is_leader
    two.watch.close()


def test_a_kiosk_that_was_removed_is_forgotten_and_its_alert_ends(database: str) -> None:
    office = Office(database)
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO kiosk (name) VALUES ('north')")
    office.watch.connected(0.0, is_connected=True)
    assert office.alerts(RETURN_S + 1) == ["north"]
    with psycopg.connect(database) as connection:
        connection.execute("DELETE FROM kiosk")
    assert office.alerts(RETURN_S + 1 + RELOAD_S) == []
    office.watch.close()
