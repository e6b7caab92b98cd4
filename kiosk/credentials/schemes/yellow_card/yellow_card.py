"""The WHO's digital yellow card (International Certificate of Vaccination or Prophylaxis, eICVP).

Source: WHO smart-icvp 0.3.0 and smart-trust, logical models ICVPMin and HCert; International Health Regulations (2005),
annexes 6 and 7. `content.hcert` describes the wrapping; the card is under claim -260, -6 ("DVCMin", `card_content`).

The order of the checks: prefix, base45, compression, COSE structure, trusted key, signature, claims, card, purpose of
the key, dates of the certificate, dates of the key, age of the key list, revocation, days of the card's own validity.
The reasons for this order are those of the EU DCC.
"""

from kiosk.credentials.content import hcert
from kiosk.credentials.content.credential import Credential, Examination
from kiosk.credentials.content.hcert import Subclaim
from kiosk.credentials.content.signers import credential_of
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
        envelope = hcert.open_envelope(data, self._trust, examination)
        with examination.reading_signed("card"):
            card = read_card(envelope.claims.certificate(Subclaim.YELLOW_CARD))
        hcert.demand_purpose(envelope.key, Purpose.VACCINATION, examination)
        hcert.demand_in_force(envelope, when, self._trust, examination)
        begun = card.valid_from is None or card.valid_from <= when.day
        examination.demand("valid_from", begun, Reason.NOT_YET_VALID, str(card.valid_from or "open"))
        lasts = card.valid_until is None or when.day <= card.valid_until
        examination.demand("valid_until", lasts, Reason.EXPIRED, str(card.valid_until or "open"))
        return credential_of(self.name, envelope.key, card, envelope.message.signed_bytes, envelope.claims.expires_at)
