"""The WHO's digital yellow card (International Certificate of Vaccination or Prophylaxis, eICVP).

Source: WHO smart-icvp 0.3.0 and smart-trust, logical models ICVPMin and HCert; International Health Regulations (2005),
annexes 6 and 7. `content.hcert` describes the wrapping; the card is under claim -260, -6 ("DVCMin", `card_content`).

The order of the checks: prefix, base45, compression, COSE structure, trusted key, signature, claims, card, purpose of
the key, dates of the certificate, days of the card's own validity, dates of the key, age of the key list. The reasons
for this order are those of the EU DCC.
"""

from kiosk.credentials.content import hcert
from kiosk.credentials.content.credential import Credential, Examination
from kiosk.credentials.content.hcert import HcertClaims, Subclaim
from kiosk.credentials.content.validity import demand_dates, demand_key
from kiosk.credentials.schemes.yellow_card.card_content import read_card
from kiosk.credentials.trust.trust_list import Purpose, TrustList
from kiosk.model import Reason, WallTime


def is_yellow_card(data: bytes) -> bool:
    """Return True if the code holds a certificate under claim -260, -6."""
    return hcert.first_subclaim(data) == Subclaim.YELLOW_CARD


class YellowCard:
    """Verifies codes that begin with `HC1:` and hold a digital yellow card."""

    name = "yellow_card"
    max_bytes = hcert.MAX_CODE_BYTES

    def __init__(self, trust: TrustList) -> None:
        self._trust = trust

    def claims(self, data: bytes) -> bool:
        """Return True if the code holds a certificate under claim -260, -6."""
        return is_yellow_card(data)

    def verify(self, data: bytes, when: WallTime, examination: Examination) -> Credential:
        """Return the content of the card.

        Raises:
            BadCredential: a layer cannot be decoded.
            CheckRefused: a check failed; the exception holds the verdict.
        """
        message = hcert.unwrap(data, examination)
        key = hcert.demand_document_signer(message, self._trust, examination)
        with examination.reading_signed("claims"):
            claims = HcertClaims(message.payload)
        with examination.reading_signed("card"):
            card = read_card(claims.certificate(Subclaim.YELLOW_CARD))
        hcert.demand_purpose(key, Purpose.VACCINATION, examination)
        demand_dates(examination, when, claims.issued_at, claims.expires_at)
        begun = card.valid_from is None or card.valid_from <= when.day
        examination.demand("valid_from", begun, Reason.NOT_YET_VALID, str(card.valid_from or "open"))
        lasts = card.valid_until is None or when.day <= card.valid_until
        examination.demand("valid_until", lasts, Reason.EXPIRED, str(card.valid_until or "open"))
        demand_key(examination, when, self._trust, key)
        hcert.demand_not_revoked(message, self._trust, key, examination)
        return Credential(
            self.name,
            key.issuer,
            key.key_id,
            doses=card.doses,
            vaccinations=card.vaccinations,
            expires_at=claims.expires_at,
            holder=card.holder,
            identity=message.signed_bytes,
        )
