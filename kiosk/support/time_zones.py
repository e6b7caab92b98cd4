"""Time zones by their names in the IANA time zone database.

The database comes from the system or, on a minimal system without it, from the package `tzdata`.
"""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kiosk.errors import KioskError

DEFAULT = "Asia/Jakarta"
"""The time zone of western Indonesia (WIB)."""


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone `name`, such as "Asia/Jakarta"; raises `KioskError` if there is none with this name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name is that of a folder, such as "Asia"
        raise KioskError(
            f"'{name}' is no time zone; 'timedatectl list-timezones' lists the names, such as Asia/Jakarta"
        ) from None
