import logging
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from kiosk.credentials.judging.registry import Judgement
from kiosk.credentials.schemes.online_status.status_request import HttpsStatusService
from kiosk.model import Pass, Reason, Refer
from kiosk.settings.schema.services import StatusMeaning, Unreachable
from kiosk.simulator.services.faulty_server import ServiceFault
from kiosk.simulator.services.status_server import StatusServer
from kiosk.support.https.connection import CancellableConnection
from kiosk.support.https.outcome import RequestFailure
from tests.credentials.certificates import make_authority, server_tls
from tests.credentials.services import CODE, SHORT, Kiosk

SILENT = Refer(Reason.STATUS_UNKNOWN, "unreachable")
BROKEN_OFF = Refer(Reason.STATUS_UNKNOWN, "broken_off")
SERVICE_ERROR = Refer(Reason.STATUS_UNKNOWN, "service_error")
REFUSED = Refer(Reason.STATUS_UNKNOWN, "question_refused")
UNTRUSTED = Refer(Reason.STATUS_UNKNOWN, "untrusted_certificate")
NOT_UNDERSTOOD = Refer(Reason.STATUS_UNKNOWN, "not_understood")


@pytest.fixture
def service() -> Iterator[StatusServer]:
    # One server for each test: a request that a kiosk has cancelled may arrive late, and then not in the next test.
    with StatusServer({CODE: "green"}) as service:
        yield service


def http(head: str, body: str = '{"status": "green"}', kind: str = "application/json") -> bytes:
    return f"HTTP/1.1 {head}\r\nContent-Type: {kind}\r\n\r\n{body}".encode()


# Usable answers


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("green", Pass("green")),
        ("yellow", Pass("yellow")),
        ("red", Refer(Reason.BELOW_MINIMUM_DOSES, "red")),
        ("black", Refer(Reason.STATUS_DENIED, "black")),
        ("purple", Refer(Reason.STATUS_UNKNOWN, "unlisted_status")),
        ("GREEN", Refer(Reason.STATUS_UNKNOWN, "unlisted_status")),
        ("", Refer(Reason.STATUS_UNKNOWN, "unlisted_status")),
    ],
)
def test_a_status_gives_the_verdict_of_the_settings_table(
    service: StatusServer, status: str, expected: Pass | Refer
) -> None:
    service.statuses = {CODE: status}
    assert Kiosk(service.address).judgement() == Judgement(expected, "online_status")


@pytest.mark.parametrize("meaning", list(StatusMeaning))
def test_every_meaning_has_its_verdict(service: StatusServer, meaning: StatusMeaning) -> None:
    verdict = Kiosk(service.address, status={"green": meaning}).verdict()
    assert verdict == (Pass("green") if meaning is StatusMeaning.PASS else Refer(Reason[meaning.name], "green"))


def test_a_code_that_the_service_does_not_know_is_not_a_credential(service: StatusServer) -> None:
    kiosk = Kiosk(service.address)
    assert kiosk.verdict(b"PL:unknown") == Refer(Reason.NOT_A_CREDENTIAL, "not_known")
    assert kiosk.reports == []


def test_a_status_field_inside_nested_objects_is_found(service: StatusServer) -> None:
    service.fault, service.verbatim = ServiceFault.VERBATIM, http("200 OK", '{"data": {"a-b": {"status": "black"}}}')
    assert Kiosk(service.address, status_field="data.a-b.status").verdict() == Refer(Reason.STATUS_DENIED, "black")


def test_the_request_holds_the_code_in_its_body_only(service: StatusServer, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("Bearer s3cret\n")
    (tmp_path / "token").chmod(0o600)
    kiosk = Kiosk(
        service.address,
        tmp_path,
        headers={"X-Site": "bekasi"},
        secret_headers={"Authorization": "token"},
        code_field="query.code",
        extra_fields={"venue": "12", "query.kind": "qr"},
    )
    kiosk.verdict()
    (request,) = service.received
    assert request.path == "/status"
    assert request.fields == {"venue": "12", "query": {"kind": "qr", "code": CODE}}
    sent = {name: request.headers[name] for name in ("X-Site", "Authorization", "Content-Type", "Accept-Encoding")}
    assert sent == {
        "X-Site": "bekasi",
        "Authorization": "Bearer s3cret",
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
    }
    assert CODE not in request.path + str(request.headers)


@pytest.mark.parametrize("code", ["PL:é ü 漢", 'PL:"}\\\n\x00', "PL:" + "x" * 509])
def test_any_code_arrives_unchanged_at_the_service(service: StatusServer, code: str) -> None:
    service.statuses = {code: "green"}
    assert Kiosk(service.address, max_code_bytes=600).verdict(code.encode()) == Pass("green")


# Codes of other kinds


def test_a_code_without_the_prefix_is_not_sent_to_the_service(service: StatusServer) -> None:
    kiosk = Kiosk(service.address, prefixes=("PL:", "SEHAT:"), max_code_bytes=20)
    for data in (b"WIFI:S:x;;", b"", b"pl:1", b"PL:" + b"1" * 18, bytes(2900)):
        assert kiosk.judgement(data) == Judgement(Refer(Reason.NOT_A_CREDENTIAL), "")
    assert kiosk.judgement(b"PL:\xff\xfe") == Judgement(Refer(Reason.NOT_A_CREDENTIAL), "online_status")
    assert not service.received
    assert kiosk.verdict(b"SEHAT:1") == Refer(Reason.NOT_A_CREDENTIAL, "not_known")


# Unusable answers


@pytest.mark.parametrize("unreachable", list(Unreachable))
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (ServiceFault.HTML, NOT_UNDERSTOOD),
        (ServiceFault.HUGE, NOT_UNDERSTOOD),
        (ServiceFault.CLOSES, BROKEN_OFF),
        (ServiceFault.RESETS, BROKEN_OFF),
        (ServiceFault.HALF_HEAD, NOT_UNDERSTOOD),
        (ServiceFault.CUT, BROKEN_OFF),
        (ServiceFault.WRONG_JSON, NOT_UNDERSTOOD),
        (ServiceFault.ERROR, SERVICE_ERROR),
        (ServiceFault.REDIRECT, REFUSED),
    ],
)
def test_a_wrong_answer_refers_even_if_an_unreachable_service_lets_visitors_pass(
    service: StatusServer, fault: ServiceFault, expected: Refer, unreachable: Unreachable
) -> None:
    service.fault = fault
    kiosk = Kiosk(service.address, unreachable=unreachable)
    assert kiosk.judgement() == Judgement(expected, "online_status")
    assert kiosk.reports == []
    assert len(service.received) == 1


COMPRESSED = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: {}\r\n\r\n"
LONG = '{"status": "green", "x": "' + "x" * 65_536 + '"}'


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (http("200 OK"), Pass("green")),
        (http("200 OK", kind="Application/JSON; charset=utf-8"), Pass("green")),
        (http("200 OK", kind="application/vnd.health+json"), Pass("green")),
        (http("200 OK", '{"status": true}'), Refer(Reason.STATUS_UNKNOWN, "unlisted_status")),
        (http("200 OK", '{"status": "green"}' + " " * (65_536 - 19)), Pass("green")),
        (http("200 OK", '{"status": "green"}' + " " * (65_536 - 18)), NOT_UNDERSTOOD),
        (http("200 OK", LONG), NOT_UNDERSTOOD),
        (http("200 OK", '{"state": "green"}'), NOT_UNDERSTOOD),
        (http("200 OK", "[" * 60_000), NOT_UNDERSTOOD),
        (http("200 OK", ""), NOT_UNDERSTOOD),
        (http("200 OK", kind="text/plain"), NOT_UNDERSTOOD),
        (http("200 OK", kind=""), NOT_UNDERSTOOD),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b'{"status": "green"}', NOT_UNDERSTOOD),
        (COMPRESSED.format("gzip").encode() + b'{"status": "green"}', NOT_UNDERSTOOD),
        (COMPRESSED.format("identity").encode() + b'{"status": "green"}', Pass("green")),
        (http("201 Created"), REFUSED),
        (http("204 No Content", ""), REFUSED),
        (http("401 Unauthorized"), REFUSED),
        (http("404 Not Found"), Refer(Reason.NOT_A_CREDENTIAL, "not_known")),
        (http("404 Not Found", "<html>", "text/html"), REFUSED),
        (http("429 Too Many"), SERVICE_ERROR),
        (http("503 Unavailable"), SERVICE_ERROR),
        (http("302 Found\r\nLocation: /"), REFUSED),
        (b"SSH-2.0-OpenSSH_9.2\r\n", NOT_UNDERSTOOD),
        (b"HTTP/1.1 OK\r\n\r\n", NOT_UNDERSTOOD),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", NOT_UNDERSTOOD),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000, NOT_UNDERSTOOD),
        (http("200 OK\r\nContent-Length: 5"), NOT_UNDERSTOOD),
        (http("200 OK\r\nContent-Length: 500"), BROKEN_OFF),
        (http("200 OK\r\nContent-Length: 5\r\nContent-Length: 19"), NOT_UNDERSTOOD),
        (http("200 OK\r\nContent-Length: -1"), Pass("green")),
        (http("200 OK\r\nTransfer-Encoding: chunked", '9\r\n{"status"\r\nA\r\n: "green"}\r\n0\r\n\r\n'), Pass("green")),
        (http("200 OK\r\nTransfer-Encoding: chunked", '9\r\n{"status"\r\nZZ\r\n'), BROKEN_OFF),
        (http("200 OK\r\nTransfer-Encoding: chunked", "FFFFFFFF\r\n" + "x" * 80_000), NOT_UNDERSTOOD),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + http("200 OK"), Pass("green")),
    ],
)
def test_a_malformed_answer_is_refused(service: StatusServer, answer: bytes, expected: Pass | Refer) -> None:
    service.fault, service.verbatim = ServiceFault.VERBATIM, answer
    assert Kiosk(service.address, unreachable=Unreachable.PASS).verdict() == expected


@pytest.mark.parametrize(
    ("fault", "expected"), [(ServiceFault.HUGE, NOT_UNDERSTOOD), (ServiceFault.HUGE_REDIRECT, REFUSED)]
)
def test_an_answer_of_a_hundred_megabytes_is_not_read_to_its_end(
    service: StatusServer, fault: ServiceFault, expected: Refer
) -> None:
    service.fault = fault
    assert Kiosk(service.address).verdict() == expected
    assert service.sent_bytes < 20_000_000


# Silence

TOUCHED = [ServiceFault.NEVER, ServiceFault.CLOSES, ServiceFault.RESETS, ServiceFault.DRIP, ServiceFault.DRIP_BODY]


@pytest.mark.parametrize("fault", TOUCHED)
def test_a_service_that_fails_on_a_visitors_code_is_not_unreachable_for_anybody(
    service: StatusServer, fault: ServiceFault
) -> None:
    service.fault = fault  # NEVER and DRIP go on until the kiosk ends the connection
    for limit_s in (0.2, 0.5, 1.0, 2.0, 5.0, 10.0):  # the connection must be made within the limit
        kiosk = Kiosk(service.address, unreachable=Unreachable.PASS, request_timeout_s=limit_s)
        verdicts = [kiosk.verdict(), kiosk.verdict()]
        if Pass("unreachable") not in verdicts:
            break
    assert verdicts == [BROKEN_OFF, BROKEN_OFF]
    assert kiosk.reports == []
    service.fault = ServiceFault.NONE
    assert Kiosk(service.address).verdict() == Pass("green")


def test_a_service_that_a_code_ended_is_not_unreachable_for_its_visitor(
    service: StatusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [RequestFailure.BROKEN_OFF] + [RequestFailure.UNREACHABLE] * 5
    monkeypatch.setattr(HttpsStatusService, "ask", lambda *_question: answers.pop(0))
    kiosk = Kiosk(service.address, unreachable=Unreachable.PASS, retries=1)
    assert kiosk.verdict() == BROKEN_OFF  # not the failure of the retry
    assert kiosk.verdict() == SILENT
    kiosk.virtual.advance(60.0)
    assert kiosk.verdict() == Pass("unreachable")


def test_a_service_that_fails_on_three_codes_in_a_row_is_reported_to_the_technician(service: StatusServer) -> None:
    service.passing_faults.extend([ServiceFault.CLOSES, ServiceFault.ERROR, ServiceFault.RESETS])
    kiosk = Kiosk(service.address)
    verdicts = [kiosk.verdict(), kiosk.verdict()]
    assert kiosk.reports == []
    verdicts.append(kiosk.verdict())
    assert verdicts == [BROKEN_OFF, SERVICE_ERROR, BROKEN_OFF]
    assert kiosk.reports == [False]
    assert kiosk.verdict() == Pass("green")
    assert kiosk.reports == [False, True]


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize(
    ("unreachable", "expected"), [(Unreachable.REFER, SILENT), (Unreachable.PASS, Pass("unreachable"))]
)
def test_a_tls_handshake_that_is_cut_is_unreachable(
    unreachable: Unreachable, expected: Pass | Refer, reset: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def cut() -> None:
            connected, _ = listener.accept()
            with connected:
                connected.recv(1)
                if not reset:
                    connected.recv(65_536)  # a close with unread bytes would be a reset
                    connected.shutdown(socket.SHUT_WR)
                    connected.recv(1)

        thread = threading.Thread(target=cut)
        thread.start()
        address = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        assert Kiosk(address, unreachable=unreachable).verdict() == expected
        thread.join()


def test_a_name_without_an_address_is_unreachable() -> None:
    # RFC 6761 section 6.4: names under "invalid" never exist.
    assert Kiosk("https://status.invalid/", unreachable=Unreachable.PASS).verdict() == Pass("unreachable")


@pytest.mark.parametrize(
    ("unreachable", "expected"), [(Unreachable.REFER, SILENT), (Unreachable.PASS, Pass("unreachable"))]
)
def test_a_service_that_is_not_running_is_unreachable(unreachable: Unreachable, expected: Pass | Refer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert Kiosk(f"http://127.0.0.1:{port}/", unreachable=unreachable).verdict() == expected


def test_an_answer_whose_body_never_ends_is_broken_off_and_not_silent(service: StatusServer) -> None:
    service.fault = ServiceFault.DRIP_BODY
    for limit_s in (0.2, 0.5, 1.0, 2.0, 5.0, 10.0):  # the head of the answer must arrive within the limit
        kiosk = Kiosk(service.address, unreachable=Unreachable.PASS, request_timeout_s=limit_s)
        if kiosk.verdict() == BROKEN_OFF:
            return
    pytest.fail("the head of the answer was not seen within 10 s")


def test_a_name_lookup_that_never_ends_delays_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    may_end, started, ended = threading.Event(), [], []

    def look_up_for_ever(host: str, *question: object, **more: object) -> None:
        started.append(host)
        may_end.wait(60.0)
        ended.append(host)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", look_up_for_ever)
    kiosk = Kiosk("https://status.example/", **SHORT, retries=3)
    assert kiosk.verdict() == SILENT
    assert ended == []
    may_end.set()
    join_status_threads()
    assert started == ["status.example"]  # no retry begins a second lookup while the first is pending


def test_a_connection_that_opens_after_the_time_limit_is_closed_before_the_request_is_sent(
    service: StatusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on, found = threading.Event(), socket.getaddrinfo("127.0.0.1", 1)[:1]

    def look_up_slowly(host: str, port: int, *question: object, **more: object) -> object:
        may_go_on.wait(60.0)
        return [(*found[0][:4], ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up_slowly)
    kiosk = Kiosk(service.address, **SHORT)
    assert kiosk.verdict() == SILENT
    may_go_on.set()
    join_status_threads()
    assert not service.received


def join_status_threads() -> None:
    """Wait for the threads of exchanges that were cancelled during a name lookup."""
    for thread in threading.enumerate():
        if thread.name == "status":
            thread.join()


def test_a_connection_that_has_already_ended_can_be_cancelled() -> None:
    connection = CancellableConnection()
    with socket.socket() as never_connected:
        connection.attach(never_connected)
        connection.cancel()
        connection.close()


def test_a_bug_during_the_exchange_refers(service: StatusServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*question: object, **more: object) -> None:
        raise ZeroDivisionError(CODE)

    monkeypatch.setattr(requests.Session, "send", fail)
    kiosk = Kiosk(service.address, unreachable=Unreachable.PASS)
    assert kiosk.verdict() == Refer(Reason.NOT_A_CREDENTIAL, "scheme_failed")


# Retries


@pytest.mark.parametrize("fault", [ServiceFault.CLOSES, ServiceFault.CUT, ServiceFault.ERROR])
def test_a_temporary_failure_is_retried(service: StatusServer, fault: ServiceFault) -> None:
    service.passing_faults.extend([fault, fault])
    kiosk = Kiosk(service.address, retries=2)
    assert kiosk.verdict() == Pass("green")
    assert len(service.received) == 3
    assert kiosk.reports == []


def test_no_more_retries_are_made_than_the_settings_allow(service: StatusServer) -> None:
    service.passing_faults.extend([ServiceFault.ERROR, ServiceFault.ERROR])
    assert Kiosk(service.address, retries=1).verdict() == SERVICE_ERROR
    assert len(service.received) == 2


@pytest.mark.parametrize("fault", [ServiceFault.HTML, ServiceFault.REDIRECT, ServiceFault.WRONG_JSON])
def test_a_permanent_failure_is_not_retried(service: StatusServer, fault: ServiceFault) -> None:
    service.fault = fault
    Kiosk(service.address, retries=3).verdict()
    assert len(service.received) == 1


@pytest.mark.parametrize(("timeout_s", "expected"), [(0.95, [0.2, 0.2, 0.15]), (0.65, [0.2])])
def test_all_requests_about_one_code_stay_within_the_visitors_time(
    timeout_s: float, expected: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits_s: list[float] = []
    kiosk = Kiosk("https://status.example/", timeout_s=timeout_s, request_timeout_s=0.2, retries=3)

    def stay_silent(exchange: HttpsStatusService, code: str, limit_s: float) -> RequestFailure:
        limits_s.append(limit_s)
        kiosk.virtual.advance(limit_s)
        return RequestFailure.UNREACHABLE

    monkeypatch.setattr(HttpsStatusService, "ask", stay_silent)
    assert kiosk.verdict() == SILENT
    # 0.4 s are kept in reserve, and no request is sent with less than 0.1 s.
    assert limits_s == pytest.approx(expected)


# The pause


class CutNetwork:
    """Ends the next `cuts` name lookups without an address, as a cut network does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cuts: int) -> None:
        self.left = cuts
        self.lookups = 0
        self._look_up = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._fail_or_look_up)

    def _fail_or_look_up(self, *question: Any, **more: Any) -> Any:
        self.lookups += 1
        if self.left:
            self.left -= 1
            raise socket.gaierror
        return self._look_up(*question, **more)


def test_during_a_pause_nobody_waits_and_one_request_ends_it(
    service: StatusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = CutNetwork(monkeypatch, 7)
    kiosk = Kiosk(service.address, retries=2)
    assert [kiosk.verdict() for _ in range(2)] == [SILENT, SILENT]
    assert network.lookups == 6
    kiosk.virtual.advance(14.9)
    assert [kiosk.verdict() for _ in range(3)] == [SILENT, SILENT, SILENT]
    assert network.lookups == 6
    kiosk.virtual.advance(0.1)
    assert [kiosk.verdict() for _ in range(3)] == [SILENT, SILENT, SILENT]
    assert network.lookups == 7
    kiosk.virtual.advance(15.0)
    assert [kiosk.verdict() for _ in range(2)] == [Pass("green"), Pass("green")]
    assert kiosk.reports == [False, True]


def test_one_silence_alone_starts_no_pause(service: StatusServer, monkeypatch: pytest.MonkeyPatch) -> None:
    CutNetwork(monkeypatch, 1)
    kiosk = Kiosk(service.address)
    assert [kiosk.verdict() for _ in range(2)] == [SILENT, Pass("green")]


@pytest.mark.parametrize("fault", [ServiceFault.ERROR, ServiceFault.CLOSES, ServiceFault.HTML, ServiceFault.REDIRECT])
def test_a_failure_that_one_visitor_can_provoke_starts_no_pause(service: StatusServer, fault: ServiceFault) -> None:
    service.passing_faults.extend([fault] * 3)
    kiosk = Kiosk(service.address)
    for _ in range(3):
        assert isinstance(kiosk.verdict(), Refer)
    assert kiosk.verdict() == Pass("green")


def test_a_broken_answer_ends_a_pause(service: StatusServer, monkeypatch: pytest.MonkeyPatch) -> None:
    CutNetwork(monkeypatch, 2)
    service.passing_faults.append(ServiceFault.CUT)
    kiosk = Kiosk(service.address, unreachable=Unreachable.PASS)
    assert [kiosk.verdict() for _ in range(3)] == [Pass("unreachable")] * 3
    kiosk.virtual.advance(15.0)
    assert [kiosk.verdict() for _ in range(2)] == [BROKEN_OFF, Pass("green")]


def test_each_change_is_logged_and_reported_once(service: StatusServer, caplog: pytest.LogCaptureFixture) -> None:
    service.passing_faults.extend([ServiceFault.HTML, ServiceFault.HTML, ServiceFault.ERROR])
    kiosk = Kiosk(service.address)
    with caplog.at_level(logging.INFO, logger="kiosk"):
        for _ in range(5):
            kiosk.verdict()
    assert [record.getMessage().partition(";")[0] for record in caplog.records] == [
        "the status service gives no usable answer: not_understood",
        "the status service gives no usable answer: service_error",
        "the status service answers again",
    ]
    assert kiosk.reports == [False, True]


# TLS


def test_a_service_with_a_valid_certificate_is_asked(tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    with StatusServer({CODE: "green"}, tls=server_tls(tmp_path, authority)) as service:
        kiosk = Kiosk(service.address, tmp_path, ca_file="authority.pem")
        assert [kiosk.verdict() for _ in range(2)] == [Pass("green"), Pass("green")]


@pytest.mark.parametrize("unreachable", list(Unreachable))
@pytest.mark.parametrize("wrong", ["self-signed", "wrong name", "expired", "unknown authority"])
def test_an_invalid_certificate_refers(
    tmp_path: Path, wrong: str, unreachable: Unreachable, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = make_authority(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(authority.file))
    tls = {
        "self-signed": lambda: server_tls(tmp_path, None),
        "wrong name": lambda: server_tls(tmp_path, authority, address="127.0.0.2"),
        "expired": lambda: server_tls(tmp_path, authority, lasts=timedelta(days=-1)),
        "unknown authority": lambda: server_tls(tmp_path, authority),
    }[wrong]()
    ca_file = None if wrong == "unknown authority" else "authority.pem"
    with StatusServer({CODE: "green"}, tls=tls) as service:
        kiosk = Kiosk(service.address, tmp_path, ca_file=ca_file, unreachable=unreachable)
        assert kiosk.verdict() == UNTRUSTED
        assert not service.received
        assert kiosk.reports == [False]


def test_a_service_without_tls_refers(service: StatusServer) -> None:
    address = service.address.replace("http:", "https:")
    assert Kiosk(address, unreachable=Unreachable.PASS).verdict() == UNTRUSTED


def test_a_service_that_offers_only_old_tls_refers(tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    tls = server_tls(tmp_path, authority)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the old version is what this test needs
        tls.minimum_version = ssl.TLSVersion.TLSv1
        tls.maximum_version = ssl.TLSVersion.TLSv1_1
    with StatusServer({CODE: "green"}, tls=tls) as service:
        kiosk = Kiosk(service.address, tmp_path, ca_file="authority.pem")
        assert kiosk.verdict() == UNTRUSTED


def test_a_listener_that_never_begins_tls_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # only the kiosk's own limit ends the handshake
        assert Kiosk(f"https://127.0.0.1:{listener.getsockname()[1]}/", **SHORT).verdict() == SILENT


# The environment


def test_nothing_is_taken_from_the_environment(
    service: StatusServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password s3cret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert Kiosk(service.address).verdict() == Pass("green")
    assert "Authorization" not in service.received[0].headers


# Personal data

ENDLESS = (ServiceFault.NEVER, ServiceFault.DRIP, ServiceFault.DRIP_BODY)


def test_the_code_is_in_no_log(service: StatusServer, caplog: pytest.LogCaptureFixture) -> None:
    service.verbatim = f"HTTP/1.1 200 OK\r\nX-Echo: {CODE}\r\nBudi shows {CODE}\r\n\r\n{CODE}".encode()
    with caplog.at_level(logging.DEBUG):
        for fault in ServiceFault:
            service.passing_faults.append(fault)
            limits = SHORT if fault in ENDLESS else {}
            while service.passing_faults:  # a short limit may be over before the service has read the request
                Kiosk(service.address, **limits).verdict()
    assert len(service.received) >= len(ServiceFault)
    assert "status service" in caplog.text
    assert CODE not in caplog.text
    assert "Budi" not in caplog.text + "".join(str(record.exc_info) for record in caplog.records)
