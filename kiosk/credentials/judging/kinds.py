"""What kind of code it is, by how it begins; nothing is verified, and nothing of the code is told."""

from collections.abc import Sequence

from kiosk.credentials.schemes.divoc.divoc_zip import is_divoc
from kiosk.credentials.schemes.eu_dcc import eu_dcc
from kiosk.credentials.schemes.site_pass import pass_text
from kiosk.credentials.schemes.smart_health_card import smart_health_card
from kiosk.credentials.schemes.vds_nc.vds_nc import is_seal


def kind_of(data: bytes, online_prefixes: Sequence[str] = ()) -> str:
    """The name of the scheme that would claim the code, else "url", "wifi" or "other"."""
    for kind, begins in (
        ("site_pass", data.startswith(pass_text.PREFIX)),
        ("eu_dcc", data.startswith(eu_dcc.PREFIX)),
        ("smart_health_card", data.startswith(smart_health_card.PREFIX)),
        ("divoc", is_divoc(data)),
        ("vds_nc", is_seal(data)),
        ("online_status", data.startswith(tuple(prefix.encode() for prefix in online_prefixes))),
        ("url", data[:8].lower().startswith((b"http://", b"https://"))),
        ("wifi", data[:5].upper() == b"WIFI:"),
    ):
        if begins:
            return kind
    return "other"
