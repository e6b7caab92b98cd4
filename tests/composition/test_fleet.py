"""A kiosk with a section `fleet`: real TLS, broker and database; and what the door does when the office is wrong."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.city.engines import Mosquitto, Postgres, missing, readable_folder
from bench.city.office import SHIPPED
from kiosk.composition import fleet as fleet_member
from kiosk.composition.fleet import open_client
from kiosk.errors import KioskError
from kiosk.fleet.collector.broker_client import Broker
from kiosk.fleet.collector.intake import Intake
from kiosk.fleet.collector.watch import SilenceWatch
from kiosk.fleet.enrolment.authority import Authority, read_kiosk_keys
from kiosk.fleet.enrolment.enrol import enrol
from kiosk.fleet.outbox import driver
from kiosk.model import Phase
from kiosk.settings.schema.fleet import FleetSettings
from tests.booth import Booth, settings
from tests.fleet.town import ask, open_store, until


class TownHall:
    """A broker with the shipped settings, a database, and the files of the kiosk `north`."""

    def __init__(self, folder: Path) -> None:
        authority = Authority.make(folder)
        authority.make_server(["localhost"], folder)
        authority.make_client("collector_1", folder)
        enrol(authority, "north", "localhost", 8883, folder)
        (folder / "acl").write_text((SHIPPED / "mosquitto.acl").read_text())
        text = (SHIPPED / "mosquitto.conf").read_text().replace("/etc/kiosk-fleet", str(folder))
        self.folder = folder
        self.broker = Mosquitto(folder / "broker", text.replace("listener 8883\n", ""))
        self.broker.give(folder / "server.key")
        self.database = Postgres(folder / "postgres")

    def fleet(self, **changes: object) -> FleetSettings:
        own = self.folder / "north"
        wanted: dict[str, object] = {
            "server": "localhost", "port": self.broker.port, "ca": str(own / "ca.pem"),
            "certificate": str(own / "north.pem"), "key": str(own / "north.key"),
            "seal": str(own / "seal.key"), **changes,
        }  # fmt: skip
        return FleetSettings.model_validate(wanted)


@pytest.fixture(scope="module")
def town_hall() -> Iterator[TownHall]:
    if absent := missing():
        pytest.skip(f"NOT CHECKED: {absent} not installed (sudo apt-get install mosquitto postgresql)")
    with readable_folder() as folder:
        hall = TownHall(folder)
        with hall.broker, hall.database:
            yield hall


def booth_with(folder: Path, fleet: FleetSettings, name: str = "north") -> Booth:
    return Booth(folder, settings(name=name, fleet=fleet.model_dump()))


def test_a_visitor_reaches_the_database_and_the_state_reaches_the_watch(town_hall: TownHall, tmp_path: Path) -> None:
    address = town_hall.database.create("visitor")
    folder = town_hall.folder
    broker = Broker(
        "localhost", town_hall.broker.port, "collector_1", folder / "ca.pem", folder / "collector_1.pem",
        folder / "collector_1.key",
    )  # fmt: skip
    store = open_store(address)
    watch = SilenceWatch(lambda: open_store(address)._connection, read_kiosk_keys(folder))
    intake = Intake(broker, read_kiosk_keys(folder), lambda: store, watch)
    watch.announce = intake.announce
    intake.start()
    booth = booth_with(tmp_path, town_hall.fleet()).start()
    booth.walk_to_camera()
    booth.show(booth.good_pass)
    assert booth.phase is Phase.ADMITTING

    def turn() -> None:
        booth.advance(0.1)
        intake.turn()
        watch.turn(0.0)

    until(lambda: ("admitted",) in ask(address, "SELECT outcome FROM journal_row"), turn)
    until(lambda: (True,) in ask(address, "SELECT online AND state IS NOT NULL FROM kiosk"), turn)
    rows = ask(address, "SELECT row_to_json(journal_row)::text FROM journal_row ORDER BY arrival")
    assert json.loads(rows[0][0])["kind"] == "started"
    (state,) = ask(address, "SELECT state FROM kiosk")[0]
    assert state["phase"] in {phase.value for phase in Phase}
    assert booth.good_pass.decode() not in str(rows) + str(state)
    booth.kiosk.close("asked")
    until(lambda: (False,) in ask(address, "SELECT online FROM kiosk"), turn)
    watch.close()
    intake.close()


@pytest.mark.parametrize("wrong", ["key", "certificate", "ca"])
def test_files_that_cannot_be_used_are_a_fault_and_the_door_opens(
    town_hall: TownHall, tmp_path: Path, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "FIRST_PAUSE_S", 0.1)
    monkeypatch.setattr(fleet_member, "JOURNAL_S", 0.1)
    (tmp_path / "wrong.pem").write_text("no PEM")
    booth = booth_with(tmp_path, town_hall.fleet(**{wrong: str(tmp_path / "wrong.pem")})).start()
    until(lambda: ("fleet", "fleet_refused") in booth.kiosk.loop.state.faults, booth.kiosk.loop.turn)
    booth.walk_to_camera()
    booth.show(booth.good_pass)
    assert booth.phase is Phase.ADMITTING
    booth.kiosk.close("asked")


def test_the_certificate_of_another_kiosk_is_refused_with_both_names(town_hall: TownHall, tmp_path: Path) -> None:
    with pytest.raises(KioskError, match="certificate of north, and this kiosk is 'south'"):
        open_client("south", town_hall.fleet(), tmp_path)


def test_the_door_works_while_the_server_is_away_and_a_fault_is_reported_later(
    tmp_path: Path, town_hall: TownHall
) -> None:
    booth = booth_with(tmp_path, town_hall.fleet(port=9)).start()
    booth.walk_to_camera()
    booth.show(booth.good_pass)
    assert booth.phase is Phase.ADMITTING
    assert not [fault for device, fault in booth.kiosk.loop.state.faults if device == "fleet"]
    booth.kiosk.close("asked")
