"""Cross-check of the time zone."""

from collections.abc import Iterator

from kiosk.errors import KioskError
from kiosk.settings.checks.findings import CheckFinding, Sheet
from kiosk.support.time_zones import zone_of


def known_time_zone(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that the time zone exists."""
    try:
        zone_of(sheet.settings.time_zone)
    except KioskError as error:
        yield CheckFinding(("time_zone",), str(error))
