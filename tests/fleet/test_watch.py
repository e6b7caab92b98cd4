"""The watch over the kiosks: silent ones, the broker, and one watcher among several collectors. Time is a number."""

import psycopg

from kiosk.fleet.collector.incoming import WRONG_SEAL
from kiosk.fleet.collector.migrations import migrate
from kiosk.fleet.collector.watch import (
    BROKER,
    NO_STATE,
    OLD_STATE,
    RELOAD_S,
    RETURN_S,
    SILENT_S,
    STATE_AGE_S,
    SilenceWatch,
)
from kiosk.fleet.wire.kiosk_state import KioskState, encode_state
from kiosk.fleet.wire.topics import OFFLINE_PAYLOAD, ONLINE_PAYLOAD

from .town import KEYS, ask

STANDING = "SELECT kiosk FROM alert WHERE ended_at IS NULL ORDER BY 1"


class Office:
    """A watch over the database at `address`; what it announced is in `announced`."""

    def __init__(self, address: str) -> None:
        self.announced: list[tuple[str, str, str]] = []
        with psycopg.connect(address, autocommit=True) as connection:
            migrate(connection)
        self.utc_s = 1000.0
        self.watch = SilenceWatch(lambda: psycopg.connect(address, autocommit=True), KEYS, lambda: self.utc_s)
        self.watch.announce = lambda *kiosk: self.announced.append(kiosk)
        self.address = address

    def online(self, name: str, now_s: float, payload: bytes = ONLINE_PAYLOAD) -> None:
        """A message of the broker; a kiosk that is online sends its state, too."""
        self.watch.note(f"kiosk/{name}/online", payload, now_s)
        if payload == ONLINE_PAYLOAD:
            self.state(name, now_s)

    def state(self, name: str, now_s: float, sent_s: float | None = None, app: str = "1.0") -> None:
        state = KioskState("idle", "closed", sent_ms=int((now_s if sent_s is None else sent_s) * 1000), app=app)
        topic = f"kiosk/{name}/state"
        self.watch.note(topic, KEYS.of(name).close_json(topic, encode_state(state)), now_s)

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
    for name in ("north", "south"):
        office.online(name, 200.0)
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
    office.state("north", 1.0)
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


def test_a_state_that_the_broker_invents_changes_or_repeats_has_no_effect_and_is_told(database: str) -> None:
    office = Office(database)
    office.watch.connected(0.0, is_connected=True)
    office.online("north", 1.0)
    office.state("north", 2.0, app="2.0")
    topic, state = "kiosk/north/state", encode_state(KioskState("emergency", sent_ms=9000))
    sealed = KEYS.of("north").close_json(topic, state)
    refused = "SELECT kiosk, reason, messages FROM refusal"
    for number, message in enumerate(
        (
            state,
            sealed.replace(b"emergency", b"idle"),
            KEYS.of("south").close_json(topic, state),
            b"",
            b'{"seal":"00",',
        ),
        1,
    ):
        office.watch.note(topic, message, 3.0)
        office.watch._refusals._write_at_s = 0.0
        assert office.alerts(3.0) == []
        assert ask(database, refused) == [("north", WRONG_SEAL, number)]
    office.state("north", 3.0, sent_s=1.5)
    office.watch._refusals._write_at_s = 0.0
    office.alerts(3.0)
    assert ask(database, refused) == [("north", OLD_STATE, 6)]
    office.watch.note(topic, KEYS.of("north").close_json(topic, b'{"phase":"idle"}'), 3.0)
    office.watch._refusals._write_at_s = 0.0
    office.alerts(3.0)
    assert ask(database, refused) == [("north", NO_STATE, 7)]
    assert ask(database, "SELECT state ->> 'phase', state ->> 'app' FROM kiosk") == [("idle", "2.0")]
    office.watch.close()


def test_a_kiosk_that_only_the_broker_calls_online_is_silent(database: str) -> None:
    office = Office(database)
    office.watch.connected(0.0, is_connected=True)
    office.online("north", 1.0)
    office.state("north", 60.0)
    last_s = 60.0 + STATE_AGE_S
    office.state("north", last_s - 1.0, sent_s=60.0)  # the broker repeats the last one
    office.watch.note("kiosk/north/online", ONLINE_PAYLOAD, last_s - 1.0)
    assert office.alerts(last_s - 0.1) == []
    assert office.alerts(last_s) == ["north"]
    office.state("north", last_s + 1.0)
    assert office.alerts(last_s + 1.0) == []
    office.watch.close()


def test_an_old_state_does_not_count_after_a_restart_of_the_collector_either(database: str) -> None:
    for now_s, sent_s, phase in ((1.0, 500.0, "1.0"), (1.0, 400.0, "1.0")):
        office = Office(database)
        office.watch.connected(0.0, is_connected=True)
        office.alerts(0.0)
        office.state("north", now_s, sent_s)
        office.alerts(2.0)
        assert ask(database, "SELECT state ->> 'sent_ms', state ->> 'app' FROM kiosk") == [("500000", phase)]
        office.watch.close()


def test_a_clock_that_was_ahead_does_not_lock_its_kiosk_out(database: str) -> None:
    office = Office(database)
    office.watch.connected(0.0, is_connected=True)
    office.state("north", 1.0, sent_s=1e9)
    office.utc_s = 1001.0
    office.state("north", 2.0, sent_s=1001.0, app="2.0")
    office.alerts(3.0)
    assert ask(database, "SELECT state ->> 'app' FROM kiosk") == [("2.0",)]
    office.watch.close()
