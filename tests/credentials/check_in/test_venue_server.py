"""The venue's server over real HTTP and TLS on loopback, from the duty's point of view."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.credentials.check_in import probe
from kiosk.credentials.check_in.duty import CheckInDuty
from kiosk.credentials.check_in.probe import probe_venue
from kiosk.credentials.check_in.venue_server import Endpoint, HttpsVenueServer
from kiosk.errors import KioskError, SettingsError
from kiosk.flow.commands import OfferCheckIn, StopCheckIn
from kiosk.flow.events import CheckInAnswered, CheckInScanned, CheckInShown, Event
from kiosk.model import Pass
from kiosk.runtime.clock import RealClock
from kiosk.simulator.services.check_in_server import CheckInServer
from kiosk.simulator.services.faulty_server import ServiceFault
from tests.credentials.certificates import make_authority, server_tls

from .entrance import KIOSK, settings

WITHIN_S = 60.0
"""Long enough for a loaded machine, and never reached."""


@pytest.fixture
def venue() -> Iterator[CheckInServer]:
    with CheckInServer() as venue:
        yield venue


class Door:
    """A duty before a server over HTTP, in real time."""

    def __init__(self, address: str, folder: Path = Path(), **changes: object) -> None:
        self.events: list[Event] = []
        asked = settings(address=address, request_timeout_s=10.0, **changes)
        self.duty = CheckInDuty(HttpsVenueServer(asked, folder), asked, KIOSK, RealClock(), self._post, lambda _: None)

    def _post(self, event: Event) -> bool:
        self.events.append(event)
        return True

    def until(self, kind: type[Event]) -> Event:
        """Let the duty work until it posts an event of this kind."""
        give_up_at_s = time.monotonic() + WITHIN_S
        while time.monotonic() < give_up_at_s:
            found = next((event for event in self.events if isinstance(event, kind)), None)
            if found:
                self.events.remove(found)
                return found
            self.duty.tick()
        pytest.fail(f"no {kind.__name__} within {WITHIN_S} s")

    def code(self) -> str:
        shown = self.until(CheckInShown)
        assert isinstance(shown, CheckInShown)
        return shown.code


def test_a_visitor_is_passed_over_verified_tls_with_the_kiosks_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("Bearer s3cret\n")
    (tmp_path / "token").chmod(0o600)
    authority = make_authority(tmp_path)
    with CheckInServer(tls=server_tls(tmp_path, authority)) as venue:
        door = Door(venue.address, tmp_path, ca_file="authority.pem", secret_headers={"Authorization": "token"})
        door.duty.handle(OfferCheckIn(1, 1))
        code = door.code()
        assert venue.desk.open_code(code)
        door.until(CheckInScanned)
        assert venue.desk.decide(code, "green")
        answer = door.until(CheckInAnswered)
        assert isinstance(answer, CheckInAnswered)
        assert answer.verdict == Pass("green")
        assert {request.headers["Authorization"] for request in venue.received} == {"Bearer s3cret"}
        assert {request.path for request in venue.received} == {"/check-in/codes", "/check-in/results"}


def test_the_server_holds_one_request_and_hears_of_the_end_of_the_visit(venue: CheckInServer) -> None:
    door = Door(venue.address)
    door.duty.handle(OfferCheckIn(1, 1))
    code = door.code()
    door.duty.handle(StopCheckIn())
    while door.duty.tick() is not None:
        pass
    assert not venue.desk.open_code(code)
    assert [request.path for request in venue.received][-1] == "/check-in/withdrawals"
    assert "visit" in venue.received[0].fields
    assert "1" not in venue.received[0].fields.values(), "the number of the journal's visit stays in the kiosk"


def test_a_server_that_ends_takes_its_code_from_the_screen() -> None:
    with CheckInServer() as venue:
        door = Door(venue.address)
        door.duty.handle(OfferCheckIn(1, 1))
        assert door.code()
    assert door.code() == ""


def test_an_unknown_authority_gets_no_question(tmp_path: Path) -> None:
    with CheckInServer(tls=server_tls(tmp_path, make_authority(tmp_path))) as venue:
        with pytest.raises(KioskError, match="untrusted_certificate"):
            probe_venue(settings(address=venue.address), KIOSK, tmp_path)
        assert not venue.received


@pytest.mark.parametrize("fault", [ServiceFault.REDIRECT, ServiceFault.HTML, ServiceFault.HUGE, ServiceFault.ERROR])
def test_a_wrong_answer_is_named_to_the_technician(venue: CheckInServer, fault: ServiceFault) -> None:
    venue.fault = fault
    with pytest.raises(KioskError, match="the check-in server gives no code: "):
        probe_venue(settings(address=venue.address), KIOSK, Path())
    assert len(venue.received) == 1, "a redirection is not followed"


def test_the_doctors_question_gets_a_code_and_withdraws_it(venue: CheckInServer) -> None:
    told = probe_venue(settings(address=venue.address, request_timeout_s=10.0), KIOSK, Path())
    assert told.endswith("valid for 60 s; the clocks agree")
    assert [request.path for request in venue.received] == ["/check-in/codes", "/check-in/withdrawals"]


def test_the_clocks_of_kiosk_and_server_are_compared() -> None:
    assert probe._clocks("") == "it tells no time"
    with pytest.raises(KioskError, match="the clocks of kiosk and check-in server differ"):
        probe._clocks("Sat, 28 Nov 2020 08:00:00 GMT")


def test_a_server_that_is_not_there_is_named_to_the_technician() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(KioskError, match="unreachable; check the network"):
        probe_venue(settings(address=f"http://127.0.0.1:{port}"), KIOSK, Path())


def test_one_request_at_a_time_is_sent_to_an_endpoint(venue: CheckInServer) -> None:
    venue.fault = ServiceFault.NEVER
    server = HttpsVenueServer(settings(address=venue.address), Path())
    first = server.begin(Endpoint.CODES, b"{}", 10.0)
    assert first
    assert server.begin(Endpoint.CODES, b"{}", 10.0) is None
    other = server.begin(Endpoint.WITHDRAWALS, b"{}", 10.0)
    assert other
    first.cancel()
    other.cancel()


def test_an_address_that_is_not_protected_is_refused() -> None:
    with pytest.raises(SettingsError, match="is not protected"):
        HttpsVenueServer(settings(address="http://venue.example/"), Path())
