"""The technician's page while the settings file is refused: it starts, says the mistakes, and takes over a repair."""

import http.client
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from kiosk.composition import technician_app
from kiosk.composition.starting.page_settings import CLOSED, LAST_GOOD, NOTHING, READABLE, lan_trouble, page_settings
from kiosk.settings.last_good import NAME
from tests.technician.pages import certified

TEXTS = Path(__file__).parents[2] / "config" / "texts"
GOOD = "door: {relay_pin: 17}\ncredentials: {site_pass: {site: demo, public_keys: [a.pem]}}\nsequence: [credential]\n"
SITE = f"{GOOD}camera: {{}}\n"


@pytest.fixture
def good(tmp_path: Path) -> str:
    """Return the content of a settings file that is accepted."""
    (tmp_path / "kiosk.yaml").write_text(SITE)
    (tmp_path / "texts").symlink_to(TEXTS)
    found = page_settings(tmp_path / "kiosk.yaml", tmp_path)
    assert found.mistakes == (), found.mistakes
    return SITE


def write(folder: Path, text: str) -> Path:
    config = folder / "kiosk.yaml"
    config.write_text(text)
    return config


def test_of_a_refused_file_the_page_shows_what_can_be_read(good: str, tmp_path: Path) -> None:
    found = page_settings(write(tmp_path, f"{good}technician: {{port: 8123}}\nname: [wrong]\n"), tmp_path)
    assert found.shown == READABLE
    assert found.settings.technician.port == 8123
    assert len(found.mistakes) == 1
    assert "kiosk.yaml:6" in found.mistakes[0]


@pytest.mark.parametrize("text", ["", "- a list", "door: {", "\x00", "a: b: c"])
def test_the_page_is_shown_although_the_file_holds_no_settings(text: str, tmp_path: Path) -> None:
    found = page_settings(write(tmp_path, text), tmp_path)
    assert found.shown == NOTHING
    assert found.mistakes
    assert found.settings.technician.lan is None


def test_a_file_that_is_emptied_does_not_move_the_page(tmp_path: Path) -> None:
    assert page_settings(write(tmp_path, ""), tmp_path, 8123).settings.technician.port == 8123


def test_a_missing_file_is_named_on_the_page(tmp_path: Path) -> None:
    found = page_settings(tmp_path / "kiosk.yaml", tmp_path)
    assert "does not exist" in found.mistakes[0]


def test_the_last_settings_that_served_are_shown(good: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(f"{good}name: kept\n")
    found = page_settings(write(tmp_path, "door: {relay_pin: 99}\n"), tmp_path)
    assert (found.shown, found.settings.name) == (LAST_GOOD, "kept")
    assert "door.relay_pin" in "\n".join(found.mistakes)


def test_a_refused_file_does_not_open_the_page_to_other_computers(good: str, tmp_path: Path) -> None:
    certified(tmp_path)
    lan = "technician: {lan: {names: [kiosk-1], certificate: page.pem, key: page.key, password: password}}\n"
    assert page_settings(write(tmp_path, good + lan), tmp_path).settings.technician.lan
    assert page_settings(write(tmp_path, f"{good}{lan}nmae: x\n"), tmp_path).settings.technician.lan is None


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("password", "technician.lan.password: 'PATH/password' is no password file; make it again"),
        ("page.pem", "technician.lan.certificate: 'PATH/page.pem' and 'PATH/page.key' cannot be used"),
        ("page.key", "technician.lan.certificate: 'PATH/page.pem' and 'PATH/page.key' cannot be used"),
    ],
)
@pytest.mark.parametrize("content", [b"broken", None], ids=["broken", "missing"])
def test_a_file_of_the_network_that_cannot_be_used_opens_the_page_to_nobody_else_until_it_is_repaired(
    broken: str, words: str, content: bytes | None, good: str, tmp_path: Path
) -> None:
    certified(tmp_path)
    lan = "technician: {port: 8123, lan: {names: [k], certificate: page.pem, key: page.key, password: password}}\n"
    config, right = write(tmp_path, good + lan), (tmp_path / broken).read_bytes()
    (tmp_path / broken).unlink()
    if content:
        (tmp_path / broken).write_bytes(content)
    found = page_settings(config, tmp_path)
    assert (found.shown, found.settings.technician.lan, found.settings.technician.port) == (CLOSED, None, 8123)
    told = found.mistakes[0].replace(str(tmp_path), "PATH")
    assert words in told or ("the password file 'PATH/password' cannot be read: No such file" in told)
    (tmp_path / NAME).write_text(good + lan)
    refused = page_settings(write(tmp_path, "nmae: x\n"), tmp_path)
    assert (refused.shown, refused.settings.technician.lan) == (LAST_GOOD, None)
    write(tmp_path, good + lan)
    assert not found.is_outdated(config)
    (tmp_path / broken).write_bytes(right)
    assert found.is_outdated(config)
    assert page_settings(config, tmp_path).settings.technician.lan


def test_an_encrypted_key_asks_nobody_for_its_password(good: str, tmp_path: Path) -> None:
    lan = certified(tmp_path)
    key = load_pem_private_key((tmp_path / "page.key").read_bytes(), None)
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    (tmp_path / "page.key").write_bytes(encrypted)
    assert "cannot be used" in lan_trouble(lan, tmp_path)


def test_the_page_says_the_mistakes_and_takes_over_the_repaired_file(
    good: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(technician_app, "REFRESH_S", 0.02)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    page = f"technician: {{port: {port}}}\n"
    config, stopping = write(tmp_path, f"{good}{page}nmae: kiosk-9\n"), threading.Event()

    def serve() -> None:
        while not stopping.is_set():
            found = page_settings(config, tmp_path)
            technician_app.serve_until_changed(config, found, tmp_path / "feed.sock", stopping)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        before = asked(port, lambda found: bool(found["refused"]))
        assert before["refused"][0] == READABLE
        assert "did you mean 'name'" in before["refused"][1]
        write(tmp_path, f"{good}{page}name: kiosk-9\n")
        after = asked(port, lambda found: not found["refused"])
        assert "name: kiosk-9" in after["effective"]
    finally:
        stopping.set()
        thread.join(20.0)
    assert not thread.is_alive()


def asked(port: int, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return what the page says of the settings, once it is what is wanted."""
    waiting = threading.Event()
    for _ in range(400):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5.0)
        try:
            connection.request("GET", "/technician/settings")
            found: dict[str, Any] = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException):
            found = {"refused": None}
        finally:
            connection.close()
        if found["refused"] is not None and is_wanted(found):
            return found
        waiting.wait(0.05)
    raise AssertionError("the page did not say what is wanted")
