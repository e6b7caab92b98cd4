"""The technician's page over real HTTP and TLS: read-only, under its own names, and elsewhere behind a login."""

import json
from pathlib import Path

import pytest

from kiosk.composition.technician_app import open_page
from kiosk.errors import DeviceError, KioskError
from kiosk.settings.schema.technician import LanSettings, TechnicianSettings
from kiosk.support.web.login import FREE_TRIES
from kiosk.technician.server import CHECK, HOME, LOGIN, STATIC, TechnicianServer

from .pages import NAME, PASSWORD, ask, certified, connect, page

PARTS = ("visits", "counts", "settings", "machine", "export.csv", "export.json")


def test_the_page_its_files_and_its_parts_answer(tmp_path: Path) -> None:
    with page(tmp_path) as server:
        for path in (HOME, *(f"{HOME}/static/{name}" for name in STATIC), *(f"{HOME}/{part}" for part in PARTS)):
            assert ask(server, path).status == 200, path
        assert ask(server, f"{HOME}/nothing").status == 404
        assert ask(server, f"{HOME}/visits/1-999").status == 404


def test_the_live_state_is_a_stream(tmp_path: Path) -> None:
    with page(tmp_path) as server:
        server.live({"phase": "idle"})
        connection = connect(server)
        connection.request("GET", f"{HOME}/live", None, {"Host": f"127.0.0.1:{server.port}"})
        answer = connection.getresponse()
        text = b""
        while b"}" not in text:
            text += answer.read1(4096)
        assert text.startswith(b"retry:")
        assert json.loads(text.partition(b"data: ")[2]) == {"phase": "idle"}
        answer.close()
        connection.close()


def test_no_other_request_than_get_is_answered(tmp_path: Path) -> None:
    with page(tmp_path) as server:
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
            for path in (HOME, f"{HOME}/settings", f"{HOME}/live", f"{HOME}/door"):
                assert ask(server, path, method).status == 405, (method, path)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "kiosk-1.local:{port}"])
def test_a_foreign_host_header_is_refused(host: str, tmp_path: Path) -> None:
    with page(tmp_path) as server:
        assert ask(server, HOME, Host=host.format(port=server.port)).status == 421


def test_a_settings_file_is_examined_and_not_applied(tmp_path: Path) -> None:
    with page(tmp_path) as server:
        before = sorted(path.name for path in tmp_path.rglob("*"))
        origin = f"http://127.0.0.1:{server.port}"
        answer = ask(server, CHECK, "POST", b"door: {relay_pin: 99}", Origin=origin)
        report = answer.body.decode()
        assert answer.status == 200
        assert "door.relay_pin: 99 is outside" in report
        assert sorted(path.name for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://127.0.0.1"])
def test_a_check_that_another_page_sends_is_refused(origin: str, tmp_path: Path) -> None:
    with page(tmp_path) as server:
        assert ask(server, CHECK, "POST", b"x", Origin=origin).status == 403


def test_a_settings_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with page(tmp_path) as server:
        origin = f"http://127.0.0.1:{server.port}"
        assert ask(server, CHECK, "POST", b"#" * 300_000, Origin=origin).status == 413


def cookie_of(server: TechnicianServer, password: str = PASSWORD) -> tuple[int, str]:
    body = f"password={password.replace(' ', '+')}".encode()
    answer = ask(server, LOGIN, "POST", body, tls=True, Origin=f"https://{NAME}:{server.port}")
    return answer.status, answer.headers.get("set-cookie", "").partition(";")[0]


def test_beyond_this_computer_every_part_needs_a_session(tmp_path: Path) -> None:
    with page(tmp_path, certified(tmp_path)) as server:
        for part in (*PARTS, "live", "login/end"):
            assert ask(server, f"{HOME}/{part}", tls=True).status == 401, part
        answer = ask(server, HOME, tls=True)
        assert (answer.status, answer.headers["location"]) == (303, LOGIN)
        assert ask(server, LOGIN, tls=True).status == 200
        assert ask(server, f"{HOME}/static/technician.css", tls=True).status == 200
        code, cookie = cookie_of(server)
        assert code == 303
        assert cookie.startswith("__Host-session=")
        assert ask(server, f"{HOME}/counts", tls=True, Cookie=cookie).status == 200
        assert ask(server, HOME, tls=True, Host=f"{NAME}:{server.port}", Cookie=cookie).status == 200
        assert ask(server, f"{HOME}/login/end", tls=True, Cookie=cookie).status == 303
        assert ask(server, f"{HOME}/counts", tls=True, Cookie=cookie).status == 401


def test_the_cookie_is_for_this_page_alone(tmp_path: Path) -> None:
    with page(tmp_path, certified(tmp_path)) as server:
        body = f"password={PASSWORD.replace(' ', '+')}".encode()
        answer = ask(server, LOGIN, "POST", body, tls=True, Origin=f"https://{NAME}:{server.port}")
        attributes = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
        assert {"httponly", "secure", "samesite=strict", "path=/"} <= attributes
        assert not any(part.startswith("domain") for part in attributes)


def test_wrong_passwords_at_speed_are_refused_and_then_not_even_tried(tmp_path: Path) -> None:
    with page(tmp_path, certified(tmp_path)) as server:
        codes = [cookie_of(server, f"wrong password {number}")[0] for number in range(FREE_TRIES + 5)]
        assert codes == [403] * FREE_TRIES + [429] * 5
        assert cookie_of(server)[0] == 429


def test_a_login_from_another_page_is_refused(tmp_path: Path) -> None:
    with page(tmp_path, certified(tmp_path)) as server:
        for origin in ("https://evil.example", f"http://{NAME}:{server.port}", "null"):
            assert ask(server, LOGIN, "POST", b"password=x", tls=True, Origin=origin).status == 403


def test_plain_http_is_not_answered_beyond_this_computer(tmp_path: Path) -> None:
    with page(tmp_path, certified(tmp_path)) as server, pytest.raises((OSError, Exception)):
        ask(server, HOME)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with page(tmp_path) as server:
        knowledge = server._knowledge
        second = open_page(TechnicianSettings(port=server.port), tmp_path, knowledge)  # type: ignore[arg-type]
        with pytest.raises(DeviceError, match=r"technician\.port"):
            second.start()


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("page.pem", "the certificate or its key"),
        ("page.key", "the certificate or its key"),
        ("password", "no password file"),
    ],
)
def test_a_broken_file_of_the_page_is_named(broken: str, words: str, tmp_path: Path) -> None:
    lan: LanSettings = certified(tmp_path)
    (tmp_path / broken).write_text("broken")
    with pytest.raises(KioskError, match=words), page(tmp_path, lan):
        pass
