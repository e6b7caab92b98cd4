"""Links to health data: SMART Health Links, and the pilgrims' health card (Hajj), which is a signed link.

Source: smart-on-fhir/smart-health-links, docs/spec.md; IHE ITI VHL; WHO smart-trust, logical model HCert, claim 5;
WHO smart-ips-pilgrimage.

A link names an address, and the data behind it are encrypted or need a PIN. The kiosk fetches nothing: the address
comes from a stranger, the door must work without a network, and a visitor must not type a PIN at a door. So no link
lets anybody in. It is recognised, so that the visitor is told what to show instead: the certificate itself.

    shlink:/ or vhlink:/ and base64url     a bare link, also behind `#` in the address of a viewer; it is not signed
    HC1:, claim -260, 5                    the pilgrims' health card: the link in the wrapping of `content.hcert`

The order of the checks of the card: its envelope (prefix, base45, compression, COSE structure, trusted key, signature,
claims, link, dates of the certificate, dates of the key, age of the key list), then the refusal. A forged card is
reported as forged.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from kiosk.credentials.content import hcert
from kiosk.credentials.content.credential import Credential, Examination
from kiosk.credentials.content.hcert import Subclaim
from kiosk.credentials.formats.safe_parsing import as_list, as_text, base64url, json_object
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.errors import BadCredential
from kiosk.model import Reason, WallTime

MAX_LINK_CHARACTERS = 2000
"""The specification limits the address to 128 characters and the label to 80."""

_LINK = re.compile(r"(?:https://[^\s#]{1,300}#)?(?:shlink|vhlink):/([A-Za-z0-9_-]+)={0,2}\Z")
_BEGINS = re.compile(rb"(?:https://[^\s#]{1,300}#)?(?:shlink|vhlink):/")


def is_health_link(data: bytes) -> bool:
    """Return True if the code is a link, bare or behind the address of a viewer, or the pilgrims' health card."""
    return bool(_BEGINS.match(data)) or hcert.first_subclaim(data) == Subclaim.HEALTH_LINK


class HealthLink:
    """Recognises links to health data and refuses them, after their envelope was verified."""

    name = "health_link"
    max_bytes = hcert.MAX_CODE_BYTES

    def __init__(self, trust: TrustList) -> None:
        self._trust = trust

    def claims(self, data: bytes) -> bool:
        """Return True if the code is a link to health data."""
        return is_health_link(data)

    def verify(self, data: bytes, when: WallTime, examination: Examination) -> Credential:
        """Refuse the link; `examination` gets the checks of its envelope.

        Raises:
            BadCredential: the link or a layer of its envelope cannot be decoded.
            CheckRefused: always otherwise; the verdict is `LINK_ONLY`, unless a check of the envelope failed.
        """
        if data.startswith(hcert.PREFIX):
            link = self._link_in_envelope(data, when, examination)
        else:
            with examination.reading("link"):
                link = _read_link(data.decode("ascii", "replace"))
            examination.note("envelope", "none; a bare link is not signed")
        address = urlsplit(str(link["url"]))
        examination.note("address", f"{address.hostname}; it is not fetched")
        examination.note("flags", str(link.get("flag", "none")))
        examination.refuse("certificate_itself", Reason.LINK_ONLY, "a link holds no certificate")

    def _link_in_envelope(self, data: bytes, when: WallTime, examination: Examination) -> dict[str, Any]:
        envelope = hcert.open_envelope(data, self._trust, examination)
        with examination.reading_signed("link"):
            link = _read_link(_text_in(envelope.claims.certificate(Subclaim.HEALTH_LINK)))
        hcert.demand_in_force(envelope, when, self._trust, examination)
        return link


def _text_in(value: object) -> str:
    """Return the link in claim 5: a text, a map with the text under `u`, or a list of one of them."""
    if isinstance(value, list):
        [value] = as_list(value, "link", 1) or [None]
    if isinstance(value, dict):
        value = value.get("u")
    return as_text(value, "link", MAX_LINK_CHARACTERS)


def _read_link(text: str) -> dict[str, Any]:
    """Return the members of the link; `url` is an address with https. Raises `BadCredential` if it is no link."""
    match = _LINK.match(as_text(text, "link", MAX_LINK_CHARACTERS))
    if match is None:
        raise BadCredential("not shlink:/ or vhlink:/ with base64url")
    link = json_object(base64url(match[1].encode()))
    url = as_text(link.get("url"), "url", 1000)
    try:
        usable = urlsplit(url).scheme == "https" and bool(urlsplit(url).hostname)
    except ValueError:
        usable = False
    if not usable:
        raise BadCredential("url is no address with https")
    return link
