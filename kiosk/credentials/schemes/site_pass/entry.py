"""The entry of the site pass in the table of schemes."""

from pathlib import Path

from kiosk.credentials.schemes.entry import OfflineEntry
from kiosk.credentials.schemes.site_pass.pass_keys import load_keys
from kiosk.credentials.schemes.site_pass.pass_revocations import RevokedPasses
from kiosk.credentials.schemes.site_pass.pass_text import PREFIX
from kiosk.credentials.schemes.site_pass.site_pass import SitePass
from kiosk.settings.schema.policy import SitePassSettings


def build(settings: SitePassSettings, folder: Path) -> SitePass:
    """Return the scheme with the site's keys and its list of revoked passes.

    Raises:
        KioskError: a key or the list of revoked passes cannot be used.
    """
    keys = load_keys(settings.public_keys, folder)
    if settings.revoked is None:
        return SitePass(settings.site, keys, settings.area)
    return SitePass(settings.site, keys, settings.area, RevokedPasses(folder / settings.revoked))


ENTRY = OfflineEntry(lambda data, _: data.startswith(PREFIX), build)
