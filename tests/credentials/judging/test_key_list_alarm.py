from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.credentials.judging.key_list_alarm import LOOK_EVERY_S, KeyListAlarm
from kiosk.model import WallTime
from kiosk.settings.schema.health import TrustSettings
from kiosk.simulator.clock import VirtualClock
from tests.credentials.trust.published import NOW, stored


class Desk:
    """The alarm of a site whose lists are in `folder`, and what it reported."""

    def __init__(self, folder: Path, alarm_age_days: int = 21, max_age_days: int = 30) -> None:
        self.reports: list[bool] = []
        self.clock = VirtualClock()
        settings = TrustSettings(folder="trust", alarm_age_days=alarm_age_days, max_age_days=max_age_days)
        self.alarm = KeyListAlarm(settings, folder, self.clock, self.reports.append)

    def look(self, days: float, *, sure: bool = True, after_s: float = LOOK_EVERY_S) -> list[bool]:
        """Look `days` after the import; return all reports."""
        self.clock.advance(after_s)
        self.alarm.look(lambda: WallTime(NOW + timedelta(days=days), sure=sure))
        return self.reports


def test_a_list_that_is_not_refreshed_is_reported_before_it_is_too_old(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.look(1) == [True]  # no list yet
    stored(tmp_path / "trust")
    assert desk.look(20) == [True, True]
    assert desk.look(22) == [True, True, False]
    stored(tmp_path / "trust", NOW + timedelta(days=22))
    assert desk.look(23)[-1] is True


def test_the_alarm_is_never_later_than_the_greatest_age(tmp_path: Path) -> None:
    stored(tmp_path / "trust")
    assert Desk(tmp_path, alarm_age_days=100, max_age_days=10).look(11) == [False]


def test_an_unsure_clock_says_nothing_and_looks_are_rare(tmp_path: Path) -> None:
    stored(tmp_path / "trust")
    desk = Desk(tmp_path)
    assert desk.look(900, sure=False) == []
    assert desk.look(1) == [True]
    assert desk.look(900, after_s=1.0) == [True]


def test_a_list_that_cannot_be_read_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    stored(tmp_path / "trust")
    (tmp_path / "trust" / "divoc.main.json").write_text("spoilt")
    assert Desk(tmp_path).look(1) == [False]
    assert "divoc.main.json" in caplog.text
