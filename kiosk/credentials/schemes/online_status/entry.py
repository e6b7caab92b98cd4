"""The entry of the online status in the table of schemes."""

from pathlib import Path

from kiosk.credentials.schemes.entry import Network, OnlineEntry
from kiosk.credentials.schemes.online_status.online_status import OnlineStatus
from kiosk.settings.schema.services import OnlineStatusSettings


def begins(data: bytes, settings: OnlineStatusSettings | None) -> bool:
    """Return True if the code begins with one of the prefixes in the settings."""
    return settings is not None and data.startswith(tuple(prefix.encode() for prefix in settings.prefixes))


def build(settings: OnlineStatusSettings, folder: Path, network: Network) -> OnlineStatus:
    """Return the scheme; nothing is sent before the first code. Raises `KioskError` if a file cannot be used."""
    return OnlineStatus(settings, folder, network.clock, network.timeout_s, network.on_reachable, network.open_status)


ENTRY = OnlineEntry(begins, build)
