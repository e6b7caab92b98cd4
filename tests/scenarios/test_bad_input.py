"""Bad codes, broken devices and services, a full disk: nobody is admitted, the fault is reported, no row is lost."""

import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.composition.environment import OpenScanner
from kiosk.faults import FAULTS
from kiosk.flow.state import Outcome
from kiosk.model import Phase
from kiosk.simulator.camera import BoothCamera, CameraFault, SimulatedView
from kiosk.simulator.inline_scanner import inline_opener
from kiosk.simulator.mlx90614 import BusFault
from kiosk.simulator.services.faulty_server import ServiceFault
from kiosk.simulator.services.status_server import StatusServer
from tests.booth import DOOR_PIN, HEALTHY_C, Booth, settings
from tests.credentials.certificates import make_authority, server_tls

ADMITTED = ("visit", "admitted", "")
STATUS = {"green": "pass", "red": "below_minimum_doses"}


@pytest.fixture
def booth(folder: Path) -> Iterator[Booth]:
    booth = Booth(folder).start()
    yield booth
    booth.close()


def never_unlocked(booth: Booth) -> bool:
    return booth.header.levels(DOOR_PIN) == [False]


def test_a_code_of_2900_random_bytes_is_no_credential_and_the_visitor_may_show_another(booth: Booth) -> None:
    booth.walk_to_camera()
    booth.show(random.Random(1).randbytes(2900))
    assert booth.phase is Phase.SCANNING
    assert booth.kiosk.loop.state.visit is not None
    assert booth.kiosk.loop.state.visit.notice == "not_a_credential"
    booth.show(booth.good_pass)
    assert (booth.phase, booth.door_energised) == (Phase.ADMITTING, True)


def test_a_forged_pass_opens_nothing(booth: Booth) -> None:
    booth.walk_to_camera()
    booth.show(booth.forged_pass)
    assert booth.ended == (Outcome.REFERRED, "untrusted_issuer")
    assert never_unlocked(booth)


@pytest.mark.parametrize("fault", [BusFault.SILENT, BusFault.ALL_ONES, BusFault.ERROR_FLAG, BusFault.WRONG_CHECKSUM])
def test_a_thermometer_that_fails_while_measuring_takes_the_entrance_out_of_service(
    booth: Booth, fault: BusFault
) -> None:
    booth.set("presence", active=True)
    booth.advance(4.5)
    assert booth.phase is Phase.MEASURING
    booth.bus.fault = fault
    booth.advance(5.0)
    assert booth.phase is Phase.OUT_OF_SERVICE
    ((device, code),) = booth.kiosk.loop.state.faults
    assert (device, code in FAULTS) == ("thermometer", True)
    booth.show(booth.good_pass)
    assert never_unlocked(booth)
    booth.go_away()
    booth.bus.fault = None
    booth.advance(10.0)
    assert booth.phase is Phase.IDLE
    assert [row for row in booth.rows() if row[0] == "fault_raised"] == [("fault_raised", "interrupted", code)]


def test_a_kiosk_whose_thermometer_never_answers_does_not_become_ready(folder: Path) -> None:
    booth = Booth(folder)
    booth.bus.fault = BusFault.ALL_ONES
    booth.start().advance(5.0)
    assert (booth.phase, booth.kiosk.ready) == (Phase.STARTING, False)
    booth.set("presence", active=True)
    booth.advance(5.0)
    assert booth.phase is Phase.STARTING
    assert never_unlocked(booth)
    booth.close()


def test_a_camera_that_stops_takes_the_entrance_out_of_service_until_it_works_again(folder: Path) -> None:
    views = [SimulatedView()]
    booth = Booth(folder, settings(camera={"width_px": 320, "height_px": 240}), drawn_camera(views)).start()
    booth.advance(2.0)  # the scanner starts
    booth.walk_to_camera()
    views[:] = [SimulatedView(fault=CameraFault.SILENT)]
    booth.advance(8.0)
    assert booth.kiosk.loop.state.faults == (("camera", "camera_silent"),)
    assert booth.phase is Phase.OUT_OF_SERVICE
    assert never_unlocked(booth)
    views[:] = [SimulatedView()]
    booth.go_away()
    assert booth.phase is Phase.IDLE
    booth.close()


def drawn_camera(views: list[SimulatedView]) -> OpenScanner:
    return inline_opener(
        lambda setup, clock: BoothCamera(
            (setup.width_px, setup.height_px), 15.0, lambda: views[0], clock.now_s, lambda _s: None
        )
    )


@pytest.mark.parametrize(
    "fault", [ServiceFault.HTML, ServiceFault.HUGE, ServiceFault.NEVER, ServiceFault.WRONG_JSON, ServiceFault.CUT]
)
def test_a_status_service_with_a_bad_answer_or_none_admits_nobody(folder: Path, fault: ServiceFault) -> None:
    with StatusServer({"SIM1:A": "green"}) as service:
        service.fault = fault
        check_that_a_code_is_referred(folder, service.address)


def test_a_status_service_with_a_wrong_certificate_admits_nobody(folder: Path) -> None:
    authority = make_authority(folder)
    with StatusServer({"SIM1:A": "green"}, tls=server_tls(folder, authority, "127.0.0.9")) as service:
        check_that_a_code_is_referred(folder, service.address, ca_file=str(authority.file))


def check_that_a_code_is_referred(folder: Path, address: str, **more: str) -> None:
    service = {"address": address, "prefixes": ["SIM1:"], "status": STATUS, "request_timeout_s": 0.2, "retries": 0}
    booth = Booth(folder, settings(credentials={"online_status": {**service, **more}})).start()
    booth.walk_to_camera()
    booth.show(b"SIM1:A")
    assert booth.ended == (Outcome.REFERRED, "status_unknown")
    assert never_unlocked(booth)
    assert booth.rows()[-1] == ("visit", "referred", "status_unknown")
    booth.close()


def test_a_full_disk_admits_nobody_and_loses_no_row(booth: Booth) -> None:
    booth.walk_to_camera()
    with disk_full():
        booth.show(booth.good_pass)
        assert (booth.phase, booth.kiosk.loop.state.faults) == (Phase.OUT_OF_SERVICE, (("journal", "journal_full"),))
        booth.press("officer")
        booth.set("stop", active=True)
        booth.advance(1.0)
        assert never_unlocked(booth)
    booth.set("stop", active=False)
    booth.advance(6.0)
    assert booth.kiosk.loop.state.faults == (("officer", "stopped_by_officer"),)
    booth.press("officer")
    booth.go_away()
    booth.walk_to_camera()
    booth.show(booth.good_pass)
    assert booth.door_energised
    kinds = [row[0] for row in booth.rows()]
    assert [row for row in booth.rows() if row[1] == "admitted"] == [ADMITTED]
    assert [kinds.count(kind) for kind in ("started", "officer_stopped", "officer_started")] == [1, 1, 1]


@contextmanager
def disk_full() -> Iterator[None]:
    """No byte can be written to any file. The error is EFBIG; a full disk gives ENOSPC."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_no_payload_and_no_temperature_is_in_the_journal_or_in_the_log(
    booth: Booth, caplog: pytest.LogCaptureFixture
) -> None:
    secret = b"KP1:NOBODYELSEMAYREADTHIS"
    booth.walk_to_camera()
    for code in (secret, booth.forged_pass, booth.good_pass):
        booth.show(code)
    booth.go_away()
    written = b"".join(path.read_bytes() for path in booth.folder.glob("journal.db*")) + caplog.text.encode()
    for code in (secret, booth.forged_pass, booth.good_pass):
        assert code[4:24] not in written
    assert str(HEALTHY_C).encode() not in written
