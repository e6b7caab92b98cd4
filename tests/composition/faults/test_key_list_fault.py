"""A running kiosk reports key lists that are not refreshed, and goes on with its service."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from kiosk.credentials.judging.key_list_alarm import LOOK_EVERY_S
from kiosk.model import Phase
from tests.booth import NOW_UTC, Booth, settings
from tests.credentials.trust.published import stored

SITE_PASS: dict[str, Any] = {"site_pass": {"site": "demo", "public_keys": ["trusted.pem"]}}
HEALTH: dict[str, Any] = {**SITE_PASS, "eu_dcc": {}, "trust": {"folder": "trust"}}
FAULT = ("trust", "key_list_old")


def test_an_old_key_list_is_a_fault_until_it_is_refreshed_and_service_goes_on(tmp_path: Path) -> None:
    stored(tmp_path / "trust", NOW_UTC - timedelta(days=22))
    booth = Booth(tmp_path, settings(credentials=HEALTH)).start()
    assert FAULT in booth.kiosk.loop.state.faults
    assert booth.phase is Phase.IDLE
    stored(tmp_path / "trust", NOW_UTC)
    booth.advance(LOOK_EVERY_S + 1.0)
    assert FAULT not in booth.kiosk.loop.state.faults


def test_a_site_without_health_credentials_has_no_such_fault(tmp_path: Path) -> None:
    stored(tmp_path / "trust", NOW_UTC - timedelta(days=22))
    booth = Booth(tmp_path, settings(credentials={**SITE_PASS, "trust": {"folder": "trust"}})).start()
    assert FAULT not in booth.kiosk.loop.state.faults
