"""The overrides of the demo: its own keys, journal and network services instead of the site's.

Rule 1: nothing of the site is used: no key and no secret is read, no row is written, its services are not asked, and
its office hears nothing.
Rule 2: pins, steps, times, limits, rules and texts are the site's.
"""

from kiosk.settings.schema.settings import Settings

SITE = "demo"
PREFIX = "SIM1:"
JOURNAL, PUBLIC_KEY, TRUST_FOLDER = "journal.db", "site_pass.pub.pem", "trust"
"""Names in the folder of the demo."""


def with_overrides(settings: Settings, address: str, check_in_address: str, *, holds: bool = True) -> Settings:
    """Return the settings with the overrides; the addresses are those of the simulated services.

    holds: False if no request may wait for a result, as on a virtual clock.

    A kind of credential that the site does not accept is not accepted by the demo either.
    """
    site_pass, online_status = settings.credentials.site_pass, settings.credentials.online_status
    if site_pass:
        site_pass = site_pass.model_copy(update={"site": SITE, "public_keys": (PUBLIC_KEY,), "revoked": None})
    if online_status:
        online_status = online_status.model_copy(
            update={
                "address": address,
                "prefixes": (PREFIX,),
                "headers": {},
                "secret_headers": {},
                "ca_file": None,
                "code_field": "code",
                "status_field": "status",
                "extra_fields": {"venue": SITE},
            }
        )
    check_in = settings.credentials.check_in
    if check_in:
        own: dict[str, object] = {"address": check_in_address, "headers": {}, "secret_headers": {}, "ca_file": None}
        check_in = check_in.model_copy(update=own if holds else own | {"wait_s": 0})
    credentials = settings.credentials.model_copy(
        update={
            "site_pass": site_pass,
            "online_status": online_status,
            "check_in": check_in,
            "trust": settings.credentials.trust.model_copy(update={"folder": TRUST_FOLDER}),
        }
    )
    journal = settings.journal.model_copy(update={"path": JOURNAL})
    return settings.model_copy(update={"credentials": credentials, "journal": journal, "fleet": None})
