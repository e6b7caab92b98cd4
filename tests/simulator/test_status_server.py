import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kiosk.simulator.services.faulty_server import MAX_CONNECTIONS, ServiceFault
from kiosk.simulator.services.status_server import StatusServer
from tests.credentials.certificates import make_authority, server_tls

WAIT_S = 60.0
"""The time limit of a client here: long enough for a loaded machine, and never reached."""


@pytest.fixture
def service() -> Iterator[StatusServer]:
    with StatusServer({"PL:1": "green", "PL:2": "black"}) as service:
        yield service


def ask(service: StatusServer, code: str = "PL:1", tls: ssl.SSLContext | None = None) -> http.client.HTTPResponse:
    parts = urlsplit(service.address)
    host, port = parts.hostname or "", parts.port
    connection = http.client.HTTPConnection(host, port, timeout=WAIT_S)
    if tls:
        connection = http.client.HTTPSConnection(host, port, timeout=WAIT_S, context=tls)
    try:
        connection.request("POST", parts.path, json.dumps({"code": code}))
        return connection.getresponse()
    finally:
        connection.close()


@pytest.mark.parametrize(("code", "status"), [("PL:1", "green"), ("PL:2", "black")])
def test_a_known_code_has_its_status(service: StatusServer, code: str, status: str) -> None:
    with ask(service, code) as answer:
        assert answer.status == 200
        assert json.load(answer) == {"status": status, "simulated": True}


def test_an_unknown_code_is_not_found(service: StatusServer) -> None:
    with ask(service, "PL:3") as answer:
        assert answer.status == 404
        assert json.load(answer) == {"error": "unknown code", "simulated": True}


@pytest.mark.parametrize("fault", [ServiceFault.NONE, ServiceFault.HTML, ServiceFault.ERROR, ServiceFault.REDIRECT])
def test_an_answer_says_that_it_is_a_simulation(service: StatusServer, fault: ServiceFault) -> None:
    service.fault = fault
    with ask(service) as answer:
        assert answer.headers["X-Simulation"] == "entrance kiosk"


def test_it_listens_on_loopback_only(service: StatusServer) -> None:
    assert service.address.startswith("http://127.0.0.1:")


def test_a_passing_fault_applies_to_one_request(service: StatusServer) -> None:
    service.passing_faults.append(ServiceFault.ERROR)
    statuses = []
    for _ in range(2):
        with ask(service) as answer:
            statuses.append(answer.status)
    assert statuses == [500, 200]


def test_a_received_request_is_remembered_and_its_fields_are_not_in_the_repr(service: StatusServer) -> None:
    ask(service, "PL:Budi").close()
    assert service.received[-1].fields == {"code": "PL:Budi"}
    assert "Budi" not in repr(service.received)


def test_a_request_that_is_too_long_is_refused(service: StatusServer) -> None:
    with ask(service, "x" * 20_000) as answer:
        assert answer.status == 413


def test_only_post_is_answered(service: StatusServer) -> None:
    parts = urlsplit(service.address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=WAIT_S)
    connection.request("GET", "/status?code=PL:1")
    with connection.getresponse() as answer:
        assert answer.status == 501
    connection.close()


def test_a_client_beyond_the_limit_is_disconnected() -> None:
    with StatusServer({}) as service:
        address = ("127.0.0.1", urlsplit(service.address).port)
        clients = [socket.create_connection(address, timeout=WAIT_S) for _ in range(MAX_CONNECTIONS + 1)]
        assert clients[-1].recv(1) == b""
        for client in clients:
            client.close()


def test_stopping_ends_every_connection_and_releases_the_port() -> None:
    with StatusServer({}) as service:
        service.fault = ServiceFault.DRIP
        port = urlsplit(service.address).port or 0
        client = socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
        assert client.recv(1) == b"H"
    with client, client.makefile("rb") as rest:
        assert len(rest.read()) < 1000  # the whole answer has more
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_it_serves_tls_with_the_given_certificate(tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    client = ssl.create_default_context(cafile=authority.file)
    with StatusServer({"PL:1": "green"}, tls=server_tls(tmp_path, authority)) as service:
        assert service.address.startswith("https://127.0.0.1:")
        with ask(service, tls=client) as answer:
            assert json.load(answer)["status"] == "green"
    with StatusServer({}, tls=server_tls(tmp_path, None)) as service, pytest.raises(ssl.SSLCertVerificationError):
        ask(service, tls=client)
