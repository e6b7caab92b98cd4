"""A running kiosk reports a damaged file of used passes, and goes on with its service."""

from pathlib import Path

from kiosk.composition.credential_workers import USED_PASSES
from kiosk.model import Phase
from tests.booth import Booth, settings

FAULT = ("used_passes", "used_passes_damaged")


def test_a_damaged_file_of_used_passes_is_a_fault_until_the_technician_removes_it(tmp_path: Path) -> None:
    wanted = settings(credentials={"site_pass": {"site": "demo", "public_keys": ["trusted.pem"]}})
    file = (tmp_path / wanted.journal.path).with_name(USED_PASSES)
    file.write_bytes(b"\0" * 512)
    booth = Booth(tmp_path, wanted).start()
    assert FAULT in booth.kiosk.loop.state.faults
    assert booth.phase is Phase.IDLE
    file.with_name(file.name + ".damaged").unlink()
    booth.advance(2.0)
    assert FAULT not in booth.kiosk.loop.state.faults
    booth.close()
