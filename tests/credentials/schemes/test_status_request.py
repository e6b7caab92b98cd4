import json
import os
import traceback
from pathlib import Path
from typing import Any

import pytest

from kiosk.credentials.schemes.online_status.status_request import HttpsStatusService, StatusRequest
from kiosk.errors import SettingsError
from tests.credentials.services import settings


def status_request(
    folder: Path = Path(), address: str = "https://status.example/v1/check", **changes: Any
) -> StatusRequest:
    return StatusRequest(settings(address, **changes), folder)


def secret(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "token"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_the_body_holds_the_code_and_the_extra_fields() -> None:
    body = status_request(code_field="a.b.code", extra_fields={"a.kind": "qr", "venue": "7"}).body("PL:é")
    assert json.loads(body) == {"a": {"kind": "qr", "b": {"code": "PL:é"}}, "venue": "7"}


@pytest.mark.parametrize("extra", [{"code": "x"}, {"code.kind": "x"}])
def test_no_field_is_given_twice(extra: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="field 'code"):
        status_request(extra_fields=extra)


def test_no_field_is_inside_a_text() -> None:
    with pytest.raises(SettingsError, match=r"field 'query\.code' is inside a field that holds a text"):
        status_request(code_field="query.code", extra_fields={"query": "x"})


@pytest.mark.parametrize("address", ["http://status.example/", "http://127.0.0.1.example/", "http://10.0.0.1/"])
def test_plain_http_to_another_machine_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="is not protected; use https"):
        status_request(address=address)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "http://localhost/", "http://[::1]:1/x", "https://a.b/"])
def test_plain_http_on_this_machine_is_allowed(address: str) -> None:
    assert status_request(address=address).address == address


def test_an_address_that_cannot_be_asked_is_reported_at_start() -> None:
    with pytest.raises(SettingsError, match=r"address 'https://\*/' cannot be asked; correct it"):
        HttpsStatusService(settings("https://*/"), Path())


@pytest.mark.parametrize("content", [b"", b"not a certificate"])
def test_a_ca_file_that_cannot_be_read_is_reported_at_start(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ca.pem").write_bytes(content)
    with pytest.raises(SettingsError, match=r"ca\.pem' holds no certificates that can be read"):
        HttpsStatusService(settings("https://status.example/", ca_file="ca.pem"), tmp_path)


def test_a_missing_ca_file_is_reported_at_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"holds no certificates that can be read: No such file or directory"):
        HttpsStatusService(settings("https://status.example/", ca_file="ca.pem"), tmp_path)


@pytest.mark.parametrize("name", ["Accept-Encoding", "content-length", "TRANSFER-ENCODING", "Connection"])
def test_a_header_that_the_kiosk_sets_itself_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=f"header '{name}' is set by the kiosk itself; remove it"):
        status_request(headers={name: "x"})


def test_a_secret_header_is_read_from_its_file(tmp_path: Path) -> None:
    secret(tmp_path, b"Bearer s3cret\r\n")
    assert (
        status_request(tmp_path, secret_headers={"Authorization": "token"}).headers["Authorization"] == "Bearer s3cret"
    )


@pytest.mark.parametrize("content", [b"", b"\n", b"s3cret\nX-More: 1", b"s3cret\x00", b"s3cret\xe9", b"s3cret\x7f"])
def test_a_secret_that_is_not_a_header_value_is_refused_and_not_quoted(tmp_path: Path, content: bytes) -> None:
    secret(tmp_path, content)
    with pytest.raises(SettingsError, match="is empty or not plain ASCII on one line") as mistake:
        status_request(tmp_path, secret_headers={"Authorization": "token"})
    assert "s3cret" not in "".join(traceback.format_exception(mistake.value))


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601])
def test_a_secret_file_that_every_user_can_access_is_refused(tmp_path: Path, mode: int) -> None:
    path = secret(tmp_path, b"s3cret", mode)
    with pytest.raises(SettingsError, match=f"can be read by every user; run 'chmod o= {path}'"):
        status_request(tmp_path, secret_headers={"Authorization": "token"})


def test_a_missing_secret_file_is_reported_at_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file or directory"):
        status_request(tmp_path, secret_headers={"Authorization": "token"})


def test_a_secret_file_that_is_large_or_not_regular_is_refused(tmp_path: Path) -> None:
    secret(tmp_path, bytes(8193))
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("token", "pipe"):
        with pytest.raises(SettingsError, match="is not a file of at most 8192 bytes"):
            status_request(tmp_path, secret_headers={"Authorization": name})


def test_no_repr_shows_a_secret(tmp_path: Path) -> None:
    secret(tmp_path, b"s3cret")
    assert "s3cret" not in repr(status_request(tmp_path, secret_headers={"Authorization": "token"}))
