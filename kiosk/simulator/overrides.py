"""A site's settings with the demo's own things in the place of what lies outside the booth: keys, journal, service.

Rule 1: nothing of the site is read or written: no key, no secret, no journal; its status service is not asked.
Rule 2: pins, steps, times, limits, rules and words stay the site's.
"""

from kiosk.settings.schema.policy import CredentialsSettings, OnlineStatusSettings, SitePassSettings
from kiosk.settings.schema.settings import Settings

SITE = "demo"
PREFIX = "SIM1:"
JOURNAL, PUBLIC_KEY, TRUST_FOLDER = "journal.db", "site_pass.pub.pem", "trust"
"""Names in the demo's own folder."""


def with_overrides(settings: Settings, address: str) -> Settings:
    """The settings for a demo whose simulated status service answers at `address`."""
    journal = settings.journal.model_copy(update={"path": JOURNAL})
    return settings.model_copy(update={"credentials": _credentials(settings.credentials, address), "journal": journal})


def _credentials(wanted: CredentialsSettings, address: str) -> CredentialsSettings:
    return wanted.model_copy(
        update={
            "site_pass": wanted.site_pass and _site_pass(wanted.site_pass),
            "online_status": wanted.online_status and _service(wanted.online_status, address),
            "trust": wanted.trust.model_copy(update={"folder": TRUST_FOLDER}),
        }
    )


def _site_pass(wanted: SitePassSettings) -> SitePassSettings:
    return wanted.model_copy(update={"site": SITE, "public_keys": (PUBLIC_KEY,), "revoked": None})


def _service(wanted: OnlineStatusSettings, address: str) -> OnlineStatusSettings:
    own = {
        "address": address,
        "prefixes": (PREFIX,),
        "headers": {},
        "secret_headers": {},
        "ca_file": None,
        "code_field": "code",
        "status_field": "status",
        "extra_fields": {"venue": SITE},
    }
    return wanted.model_copy(update=own)
