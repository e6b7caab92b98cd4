from datetime import UTC, datetime, timedelta

import pytest

from kiosk.errors import KioskError
from kiosk.support.time_zones import DEFAULT, zone_of


def test_the_default_zone_is_that_of_western_indonesia() -> None:
    assert datetime(2021, 10, 1, tzinfo=UTC).astimezone(zone_of(DEFAULT)).utcoffset() == timedelta(hours=7)


@pytest.mark.parametrize("name", ["Asia", "Asia/Bekasi", "../Asia/Jakarta", "/etc/passwd", "", "asia\0", "."])
def test_an_unknown_name_is_refused_with_a_remedy(name: str) -> None:
    with pytest.raises(KioskError, match="is no time zone; 'timedatectl list-timezones'"):
        zone_of(name)
