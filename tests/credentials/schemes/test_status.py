import logging
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from kiosk.credentials.judging.registry import Judgement
from kiosk.credentials.schemes.online_status.status_connection import StatusConnection
from kiosk.model import Pass, Reason, Refer
from kiosk.runtime.clock import RealClock
from kiosk.settings.schema.policy import StatusMeaning, Unreachable
from kiosk.simulator.status_server import ServiceFault, StatusServer
from tests.credentials.certificates import make_authority, server_tls
from tests.credentials.services import CODE, Kiosk

SILENT = Refer(Reason.STATUS_UNKNOWN, "unreachable")
BROKEN_OFF = Refer(Reason.STATUS_UNKNOWN, "broken_off")
SERVICE_ERROR = Refer(Reason.STATUS_UNKNOWN, "service_error")
REFUSED = Refer(Reason.STATUS_UNKNOWN, "question_refused")
UNTRUSTED = Refer(Reason.STATUS_UNKNOWN, "untrusted_certificate")
NOT_UNDERSTOOD = Refer(Reason.STATUS_UNKNOWN, "not_understood")


@pytest.fixture(scope="module")
def running() -> Iterator[StatusServer]:
    with StatusServer({}) as service:
        yield service


@pytest.fixture
def service(running: StatusServer) -> StatusServer:
    running.statuses, running.fault = {CODE: "green"}, ServiceFault.NONE
    running.passing_faults.clear()
    running.asked.clear()
    return running


def http(head: str, body: str = '{"status": "green"}', kind: str = "application/json") -> bytes:
    return f"HTTP/1.1 {head}\r\nContent-Type: {kind}\r\n\r\n{body}".encode()


# What the service says


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
def test_the_status_means_what_the_settings_say(service: StatusServer, status: str, expected: Pass | Refer) -> None:
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


def test_a_status_deep_in_the_answer_is_found(service: StatusServer) -> None:
    service.fault, service.verbatim = ServiceFault.VERBATIM, http("200 OK", '{"data": {"a-b": {"status": "black"}}}')
    assert Kiosk(service.address, status_field="data.a-b.status").verdict() == Refer(Reason.STATUS_DENIED, "black")


def test_the_question_carries_the_code_in_its_body_alone(service: StatusServer, tmp_path: Path) -> None:
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
    (asked,) = service.asked
    assert asked.path == "/status"
    assert asked.fields == {"venue": "12", "query": {"kind": "qr", "code": CODE}}
    sent = {name: asked.headers[name] for name in ("X-Site", "Authorization", "Content-Type", "Accept-Encoding")}
    assert sent == {
        "X-Site": "bekasi",
        "Authorization": "Bearer s3cret",
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
    }
    assert CODE not in asked.path + str(asked.headers)


@pytest.mark.parametrize("code", ["PL:é ü 漢", 'PL:"}\\\n\x00', "PL:" + "x" * 509])
def test_any_text_arrives_as_it_was_shown(service: StatusServer, code: str) -> None:
    service.statuses = {code: "green"}
    assert Kiosk(service.address, max_code_bytes=600).verdict(code.encode()) == Pass("green")


# Which codes are asked about


def test_other_codes_are_not_sent_anywhere(service: StatusServer) -> None:
    kiosk = Kiosk(service.address, prefixes=("PL:", "SEHAT:"), max_code_bytes=20)
    for data in (b"WIFI:S:x;;", b"", b"pl:1", b"PL:" + b"1" * 18, bytes(2900)):
        assert kiosk.judgement(data) == Judgement(Refer(Reason.NOT_A_CREDENTIAL), "")
    assert kiosk.judgement(b"PL:\xff\xfe") == Judgement(Refer(Reason.NOT_A_CREDENTIAL), "online_status")
    assert not service.asked
    assert kiosk.verdict(b"SEHAT:1") == Refer(Reason.NOT_A_CREDENTIAL, "not_known")


# What is wrong with the answer


@pytest.mark.parametrize("unreachable", list(Unreachable))
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (ServiceFault.HTML, NOT_UNDERSTOOD),
        (ServiceFault.HUGE, NOT_UNDERSTOOD),
        (ServiceFault.CUT, BROKEN_OFF),
        (ServiceFault.WRONG_JSON, NOT_UNDERSTOOD),
        (ServiceFault.ERROR, SERVICE_ERROR),
        (ServiceFault.REDIRECT, REFUSED),
    ],
)
def test_a_wrong_answer_lets_nobody_in_whatever_the_rule_for_silence(
    service: StatusServer, fault: ServiceFault, expected: Refer, unreachable: Unreachable
) -> None:
    service.fault = fault
    kiosk = Kiosk(service.address, unreachable=unreachable)
    assert kiosk.judgement() == Judgement(expected, "online_status")
    assert kiosk.reports == [False]
    assert len(service.asked) == 1


PACKED = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: {}\r\n\r\n"
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
        (PACKED.format("gzip").encode() + b'{"status": "green"}', NOT_UNDERSTOOD),
        (PACKED.format("identity").encode() + b'{"status": "green"}', Pass("green")),
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
def test_an_answer_is_taken_apart_strictly(service: StatusServer, answer: bytes, expected: Pass | Refer) -> None:
    service.fault, service.verbatim = ServiceFault.VERBATIM, answer
    assert Kiosk(service.address, unreachable=Unreachable.PASS).verdict() == expected


@pytest.mark.parametrize(
    ("fault", "expected"), [(ServiceFault.HUGE, NOT_UNDERSTOOD), (ServiceFault.HUGE_REDIRECT, REFUSED)]
)
def test_a_hundred_megabytes_are_not_read(service: StatusServer, fault: ServiceFault, expected: Refer) -> None:
    service.fault = fault
    assert Kiosk(service.address, request_timeout_s=2.0, timeout_s=3.0).verdict() == expected
    assert service.sent_bytes < 20_000_000


# Silence


@pytest.mark.parametrize(
    ("unreachable", "expected"), [(Unreachable.REFER, SILENT), (Unreachable.PASS, Pass("unreachable"))]
)
@pytest.mark.parametrize("fault", [ServiceFault.NEVER, ServiceFault.CLOSES, ServiceFault.DRIP])
def test_silence_is_judged_by_the_rule_for_it(
    service: StatusServer, fault: ServiceFault, unreachable: Unreachable, expected: Pass | Refer
) -> None:
    service.fault = fault
    began_s = time.monotonic()
    kiosk = Kiosk(service.address, unreachable=unreachable)
    assert kiosk.judgement() == Judgement(expected, "online_status")
    assert time.monotonic() - began_s < 4.0
    assert kiosk.reports == [False]


@pytest.mark.parametrize(
    ("unreachable", "expected"), [(Unreachable.REFER, SILENT), (Unreachable.PASS, Pass("unreachable"))]
)
def test_a_service_that_is_not_there_is_silent(unreachable: Unreachable, expected: Pass | Refer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert Kiosk(f"http://127.0.0.1:{port}/", unreachable=unreachable).verdict() == expected


def test_an_answer_that_drips_its_body_was_not_silent(service: StatusServer) -> None:
    service.fault, service.verbatim = ServiceFault.DRIP_BODY, b""
    assert Kiosk(service.address, unreachable=Unreachable.PASS).verdict() == BROKEN_OFF


def test_a_name_that_is_looked_up_for_ever_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = threading.Event()

    def look_up_for_ever(*question: object, **more: object) -> None:
        given_up.wait(5.0)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", look_up_for_ever)
    kiosk = Kiosk("https://status.example/", request_timeout_s=0.2, retries=3)
    began_s = time.monotonic()
    assert kiosk.verdict() == SILENT
    assert time.monotonic() - began_s < 4.0
    given_up.set()


def test_a_connection_that_comes_after_the_time_limit_is_cut_at_once(
    service: StatusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on, found = threading.Event(), socket.getaddrinfo("127.0.0.1", 1)[:1]

    def look_up_slowly(host: str, port: int, *question: object, **more: object) -> object:
        may_go_on.wait(5.0)
        return [(*found[0][:4], ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up_slowly)
    kiosk = Kiosk(service.address)
    assert kiosk.verdict() == SILENT
    may_go_on.set()
    for thread in threading.enumerate():
        if thread.name == "status":
            thread.join(1.0)
    assert not service.asked


def test_a_connection_that_is_gone_already_is_cut_without_complaint() -> None:
    line = StatusConnection()
    with socket.socket() as never_connected:
        line.hold(never_connected)
        line.cut()
        line.release()


def test_a_mistake_of_ours_while_asking_lets_nobody_in(service: StatusServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*question: object, **more: object) -> None:
        raise ZeroDivisionError(CODE)

    monkeypatch.setattr(requests.Session, "send", fail)
    kiosk = Kiosk(service.address, unreachable=Unreachable.PASS)
    assert kiosk.verdict() == Refer(Reason.NOT_A_CREDENTIAL, "scheme_failed")


# Asking again


@pytest.mark.parametrize("fault", [ServiceFault.CLOSES, ServiceFault.CUT, ServiceFault.ERROR])
def test_what_may_pass_by_itself_is_asked_again(service: StatusServer, fault: ServiceFault) -> None:
    service.passing_faults.extend([fault, fault])
    kiosk = Kiosk(service.address, retries=2)
    assert kiosk.verdict() == Pass("green")
    assert len(service.asked) == 3
    assert kiosk.reports == []


def test_no_more_is_asked_than_the_settings_allow(service: StatusServer) -> None:
    service.passing_faults.extend([ServiceFault.ERROR, ServiceFault.ERROR])
    assert Kiosk(service.address, retries=1).verdict() == SERVICE_ERROR
    assert len(service.asked) == 2


@pytest.mark.parametrize("fault", [ServiceFault.HTML, ServiceFault.REDIRECT, ServiceFault.WRONG_JSON])
def test_what_is_wrong_for_good_is_not_asked_again(service: StatusServer, fault: ServiceFault) -> None:
    service.fault = fault
    Kiosk(service.address, retries=3).verdict()
    assert len(service.asked) == 1


def test_all_questions_about_one_code_stay_within_the_visitors_time(service: StatusServer) -> None:
    service.fault = ServiceFault.NEVER
    kiosk = Kiosk(service.address, timeout_s=0.9, clock=RealClock(), retries=3)
    began_s = time.monotonic()
    assert kiosk.verdict() == SILENT
    assert time.monotonic() - began_s < 1.8
    assert 2 <= len(service.asked) <= 3


# The pause


def test_while_the_service_is_silent_nobody_waits_and_one_question_tries_again(service: StatusServer) -> None:
    service.passing_faults.extend([ServiceFault.CLOSES] * 7)
    kiosk = Kiosk(service.address, retries=2)
    assert [kiosk.verdict() for _ in range(2)] == [SILENT, SILENT]
    assert len(service.asked) == 6
    kiosk.virtual.advance(14.9)
    assert [kiosk.verdict() for _ in range(3)] == [SILENT, SILENT, SILENT]
    assert len(service.asked) == 6
    kiosk.virtual.advance(0.1)
    assert [kiosk.verdict() for _ in range(3)] == [SILENT, SILENT, SILENT]
    assert len(service.asked) == 7
    kiosk.virtual.advance(15.0)
    assert [kiosk.verdict() for _ in range(2)] == [Pass("green"), Pass("green")]
    assert kiosk.reports == [False, True]


def test_one_silence_alone_makes_no_pause(service: StatusServer) -> None:
    service.passing_faults.extend([ServiceFault.CLOSES])
    kiosk = Kiosk(service.address)
    assert [kiosk.verdict() for _ in range(2)] == [SILENT, Pass("green")]


@pytest.mark.parametrize("fault", [ServiceFault.ERROR, ServiceFault.HTML, ServiceFault.REDIRECT])
def test_what_one_visitor_can_provoke_makes_no_pause_for_the_next(service: StatusServer, fault: ServiceFault) -> None:
    service.passing_faults.extend([fault] * 3)
    kiosk = Kiosk(service.address)
    for _ in range(3):
        assert isinstance(kiosk.verdict(), Refer)
    assert kiosk.verdict() == Pass("green")


def test_a_pause_after_broken_answers_lets_nobody_in(service: StatusServer) -> None:
    service.passing_faults.extend([ServiceFault.CLOSES, ServiceFault.CUT])
    kiosk = Kiosk(service.address, unreachable=Unreachable.PASS)
    assert [kiosk.verdict() for _ in range(3)] == [Pass("unreachable"), BROKEN_OFF, BROKEN_OFF]
    assert len(service.asked) == 2


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


def test_a_service_with_a_right_certificate_is_asked(tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    with StatusServer({CODE: "green"}, tls=server_tls(tmp_path, authority)) as service:
        kiosk = Kiosk(service.address, tmp_path, ca_file="authority.pem", request_timeout_s=2.0, timeout_s=3.0)
        assert [kiosk.verdict() for _ in range(2)] == [Pass("green"), Pass("green")]


@pytest.mark.parametrize("unreachable", list(Unreachable))
@pytest.mark.parametrize("wrong", ["self-signed", "wrong name", "expired", "unknown authority"])
def test_a_certificate_that_is_not_right_lets_nobody_in(
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
        kiosk = Kiosk(
            service.address, tmp_path, ca_file=ca_file, unreachable=unreachable, request_timeout_s=2.0, timeout_s=3.0
        )
        assert kiosk.verdict() == UNTRUSTED
        assert not service.asked
        assert kiosk.reports == [False]


def test_a_service_that_speaks_no_tls_lets_nobody_in(service: StatusServer) -> None:
    address = service.address.replace("http:", "https:")
    assert Kiosk(address, unreachable=Unreachable.PASS, request_timeout_s=2.0, timeout_s=3.0).verdict() == UNTRUSTED


def test_a_service_that_offers_old_tls_only_lets_nobody_in(tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    tls = server_tls(tmp_path, authority)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is the point
        tls.minimum_version = ssl.TLSVersion.TLSv1
        tls.maximum_version = ssl.TLSVersion.TLSv1_1
    with StatusServer({CODE: "green"}, tls=tls) as service:
        kiosk = Kiosk(service.address, tmp_path, ca_file="authority.pem", request_timeout_s=2.0, timeout_s=3.0)
        assert kiosk.verdict() == UNTRUSTED


def test_a_listener_that_never_begins_tls_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began_s = time.monotonic()
        assert Kiosk(f"https://127.0.0.1:{listener.getsockname()[1]}/").verdict() == SILENT
        assert time.monotonic() - began_s < 4.0


# The environment


def test_nothing_is_taken_from_the_environment(
    service: StatusServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password s3cret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert Kiosk(service.address).verdict() == Pass("green")
    assert "Authorization" not in service.asked[0].headers


# Nothing personal leaves


def test_no_log_of_a_whole_run_holds_the_code(service: StatusServer, caplog: pytest.LogCaptureFixture) -> None:
    service.verbatim = f"HTTP/1.1 200 OK\r\nX-Echo: {CODE}\r\nBudi shows {CODE}\r\n\r\n{CODE}".encode()
    with caplog.at_level(logging.DEBUG):
        for fault in ServiceFault:
            service.passing_faults.append(fault)
            Kiosk(service.address).verdict()
    assert len(service.asked) == len(ServiceFault)
    assert "status service" in caplog.text
    assert CODE not in caplog.text
    assert "Budi" not in caplog.text + "".join(str(record.exc_info) for record in caplog.records)
