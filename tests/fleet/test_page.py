"""The office's page: its answers from a real database, and who may open it."""

import base64
import http.client
import json
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from bench.city.office import SHIPPED
from kiosk.errors import KioskError
from kiosk.fleet.enrolment.authority import Authority
from kiosk.fleet.page.answers import Answers
from kiosk.fleet.page.server import Lan, OfficeServer
from kiosk.fleet.wire.kiosk_state import KioskState, encode_state
from kiosk.journal.privacy import utc_text
from kiosk.support.web.login import hash_of
from kiosk.support.web.server import Tls

from .rows import row
from .test_row_store import batch
from .town import open_store

JAKARTA = ZoneInfo("Asia/Jakarta")
NOON = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)  # noon in Jakarta
PASSWORD = "seven kiosks at the river"


def fill(address: str) -> None:
    """Three kiosks: one silent, one with a fault, one in order; rows of today and of the days before."""
    store = open_store(address)
    today = [row(number, utc_text(NOON - timedelta(hours=number))) for number in range(1, 5)]
    referred = (*row(8, utc_text(NOON))[:8], "visit", "referring", 8, "referred", "fever", "", "")
    yesterday = row(9, utc_text(NOON - timedelta(hours=13)))
    fault = (
        *row(10, utc_text(NOON - timedelta(days=2)))[:8],
        "fault_raised",
        "idle",
        None,
        None,
        "camera_silent",
        "",
        "",
    )
    store.store([batch("north", *today, referred, yesterday, fault), batch("south", row(1, utc_text(NOON)))])
    store.close()
    with psycopg.connect(address) as connection:
        state = encode_state(KioskState("idle", "closed", ("camera_silent",))).decode()
        connection.execute(
            "UPDATE kiosk SET online = true, site = 'Town hall', state = %s WHERE name = 'north'", (state,)
        )
        connection.execute("INSERT INTO kiosk (name, latitude, longitude) VALUES ('west', -6.2, 106.9)")
        connection.execute("INSERT INTO alert (kiosk) VALUES ('south')")
        refusals = [
            ("north", "the seal is wrong", 60),
            ("west", "long ago", 3600),
            ("stranger", "more than 5 rows", 120),
        ]
        for name, reason, ago_s in refusals:
            noted = "INSERT INTO refusal VALUES (%s, %s, now() - make_interval(secs => %s), 1)"
            connection.execute(noted, (name, reason, ago_s))


def answers_of(address: str) -> Answers:
    return Answers(lambda: psycopg.connect(address), JAKARTA, lambda: NOON)


def test_the_list_has_silent_kiosks_first_and_the_counts_of_today_in_the_office_s_time_zone(database: str) -> None:
    fill(database)
    found = answers_of(database).kiosks()
    assert [kiosk["name"] for kiosk in found["kiosks"]] == ["south", "west", "north"]
    south, west, north = found["kiosks"]
    assert south["alert_s"] is not None
    assert (west["latitude"], west["alert_s"], west["state"]) == (-6.2, None, None)
    assert (north["admitted"], north["referred"], north["reasons"]) == (4, 1, {"fever": 1})
    assert north["faults"][0]["name"] == "camera_silent"
    assert "camera" in north["faults"][0]["cause"]
    assert found["broker_silent_s"] is None
    assert (north["refused"], west["refused"], south["refused"]) == ("the seal is wrong", None, None)
    assert 60 <= north["refused_s"] < 120
    assert [(each["name"], each["refused"]) for each in found["unknown"]] == [("stranger", "more than 5 rows")]


def test_a_week_has_seven_days_of_the_office_s_calendar(database: str) -> None:
    fill(database)
    week = answers_of(database).week("north")
    assert week
    days = {day["day"]: day for day in week["days"]}
    assert (min(days), max(days), len(days)) == ("2026-02-26", "2026-03-04", 7)
    assert [days[day]["admitted"] for day in ("2026-03-02", "2026-03-03", "2026-03-04")] == [0, 1, 4]
    assert days["2026-03-02"]["fault_counts"] == {"camera_silent": 1}
    assert answers_of(database).week("North'; --") is None
    empty = answers_of(database).week("nobody")
    assert empty
    assert sum(day["admitted"] for day in empty["days"]) == 0


def test_an_answer_is_kept_for_a_few_seconds(database: str) -> None:
    fill(database)
    opened = []

    def open_connection() -> psycopg.Connection:
        opened.append(1)
        return psycopg.connect(database)

    clock = iter([0.0, 0.0, 1.0, 10.0, 10.0])
    answers = Answers(open_connection, JAKARTA, lambda: NOON, lambda: next(clock))
    first = answers.kiosks()
    assert answers.kiosks() is first
    asked = len(opened)
    answers.kiosks()
    assert len(opened) == 2 * asked


def test_the_page_s_connection_can_write_nothing(database: str) -> None:
    fill(database)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        answers_of(database)._ask("INSERT INTO kiosk (name) VALUES ('east') RETURNING name")


@contextmanager
def serving(address: str, lan: Lan | None = None) -> Iterator[OfficeServer]:
    server = OfficeServer(answers_of(address), 0, lan)
    server.start()
    try:
        yield server
    finally:
        assert server.stop()


def ask(server: OfficeServer, method: str, path: str, *, body: str = "", **headers: str) -> tuple[int, str, Any]:
    """Return status, body and headers of a response."""
    context = ssl._create_unverified_context() if server.address.startswith("https") else None
    port = int(server.address.rsplit(":", 1)[1].split("/")[0])
    connection = (
        http.client.HTTPSConnection("127.0.0.1", port, context=context)
        if context
        else http.client.HTTPConnection("127.0.0.1", port)
    )
    try:
        connection.request(method, path, body or None, {key.replace("_", "-"): value for key, value in headers.items()})
        response = connection.getresponse()
        return response.status, response.read().decode(), response.headers
    finally:
        connection.close()


def test_on_this_computer_the_page_and_its_answers_need_no_password(database: str) -> None:
    fill(database)
    with serving(database) as server:
        for path in ("", "/static/office.js", "/static/office.css", "/static/icon.svg", "/week/north"):
            assert ask(server, "GET", f"/office{path}")[0] == 200
        status, text, _ = ask(server, "GET", "/office/kiosks")
        assert status == 200
        assert len(json.loads(text)["kiosks"]) == 3
        assert ask(server, "GET", "/office/week/a.b")[0] == 404
        assert ask(server, "POST", "/office/kiosks")[0] == 405
        assert ask(server, "GET", "/office", Host="evil.example")[0] == 421


def test_the_metrics_tell_prometheus_what_the_page_tells(database: str) -> None:
    fill(database)
    with serving(database) as server:
        status, text, headers = ask(server, "GET", "/office/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain")
    north = 'kiosk="north",site="Town hall"'
    assert {line for line in text.splitlines() if 'kiosk="north"' in line or 'kiosk="south"' in line} >= {
        'fleet_kiosk_silent{kiosk="south",site=""} 1.0',
        f"fleet_kiosk_silent{{{north}}} 0.0",
        f"fleet_kiosk_online{{{north}}} 1.0",
        'fleet_kiosk_phase{kiosk="north",phase="idle",site="Town hall"} 1.0',
        'fleet_kiosk_fault{code="camera_silent",kiosk="north",site="Town hall"} 1.0',
        'fleet_visits_today{kiosk="north",outcome="admitted",site="Town hall"} 4.0',
    }
    assert "fleet_broker_silent 0.0" in text
    rules = (SHIPPED / "prometheus/fleet-alerts.yml").read_text()
    assert set(re.findall(r"fleet_[a-z_]+", rules)) <= set(re.findall(r"^fleet_[a-z_]+", text, re.MULTILINE))


def test_a_database_that_is_away_is_said_on_the_page() -> None:
    with serving("host=127.0.0.1 port=9 dbname=none connect_timeout=1") as server:
        assert ask(server, "GET", "/office/kiosks")[:2] == (503, "the database does not answer")


def test_other_computers_get_tls_and_need_the_password(database: str, tmp_path: Path) -> None:
    fill(database)
    pair = Authority.make(tmp_path).make_server(["fleet.example.org"], tmp_path)
    (tmp_path / "password").write_text(hash_of(PASSWORD))
    lan = Lan(("fleet.example.org",), Tls(pair.certificate, pair.key), tmp_path / "password")
    with serving(database, lan) as server:
        assert ask(server, "GET", "/office/kiosks")[0] == 401
        assert ask(server, "GET", "/office/week/north")[0] == 401
        assert ask(server, "GET", "/office/metrics")[0] == 401
        status, _, headers = ask(server, "GET", "/office")
        assert (status, headers["location"]) == (303, "/office/login")
        port = server.address.rsplit(":", 1)[1].split("/")[0]
        origin = {"Origin": f"https://127.0.0.1:{port}", "Content_Type": "application/x-www-form-urlencoded"}
        assert ask(server, "POST", "/office/login", body=f"password={PASSWORD}")[0] == 403, "without an origin"
        assert ask(server, "POST", "/office/login", body="password=wrong-wrong-wrong", **origin)[0] == 403
        status, _, headers = ask(server, "POST", "/office/login", body=f"password={PASSWORD}", **origin)
        assert status == 303
        cookie = headers["set-cookie"].split(";")[0]
        assert ask(server, "GET", "/office/kiosks", Cookie=cookie)[0] == 200
        basic = base64.b64encode(f"prometheus:{PASSWORD}".encode()).decode()
        assert ask(server, "GET", "/office/metrics", Authorization=f"Basic {basic}")[0] == 200


def test_a_page_for_other_computers_without_a_password_is_refused(database: str, tmp_path: Path) -> None:
    lan = Lan(("fleet.example.org",), Tls(tmp_path / "none", tmp_path / "none"), tmp_path / "none")
    with pytest.raises(KioskError, match="password file"):
        OfficeServer(answers_of(database), 0, lan)
