from kiosk.credentials.content.credential import Credential, Dose, Examination
from kiosk.credentials.schemes.entry import HealthEntry
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.model import Reason, WallTime

PREFIX = b"TICKET:"


class Ticket:
    """Accepts every seat while the key "theatre" is trusted."""

    name = "ticket"
    max_bytes = 100

    def __init__(self, trust: TrustList) -> None:
        self._trust = trust

    def claims(self, data: bytes) -> bool:
        return data.startswith(PREFIX)

    def verify(self, data: bytes, when: WallTime, examination: Examination) -> Credential:
        trusted = bool(self._trust.find(self.name, "theatre"))
        examination.demand("key", trusted, Reason.UNTRUSTED_ISSUER, data.removeprefix(PREFIX).decode())
        return Credential(self.name, "theatre", "theatre", doses=(Dose(1, 1, when.utc.date(), "seat"),))


ENTRY = HealthEntry(lambda data, _: data.startswith(PREFIX), lambda _, trust: Ticket(trust))
