"""Find the kind of a code by its first bytes, for `kiosk scan`; the code is not verified."""

from kiosk.credentials.judging import table
from kiosk.settings.schema.policy import CredentialsSettings


def kind_of(data: bytes, settings: CredentialsSettings | None = None) -> str:
    """Return the name of the scheme that would claim the code, else "url", "wifi" or "other".

    settings: if None, the prefixes of the online status are not known, and its codes cannot be recognised.
    """
    for row in table.TABLE:
        if row.entry().begins(data, getattr(settings, row.name, None)):
            return row.name
    if data[:8].lower().startswith((b"http://", b"https://")):
        return "url"
    return "wifi" if data[:5].upper() == b"WIFI:" else "other"
