"""The people of the demo: what each has and does, and how their visit must end."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.credentials.schemes.site_pass.pass_text import PassKind
from kiosk.flow.state import Outcome
from kiosk.model import Phase, Reason
from kiosk.office.pass_office import issue
from kiosk.simulator.overrides import PREFIX, SITE
from kiosk.simulator.phone import CodeCarrier
from kiosk.simulator.specimens import Specimens, documents
from kiosk.simulator.status_server import ServiceFault

NORMAL_SKIN_C = 34.7
"""A healthy forehead as the sensor sees it; the demo's correction adds 2.0."""

WIFI_CODE = b"WIFI:T:WPA;S:Lobby;P:selamatdatang;;"


@dataclass(frozen=True, slots=True)
class Persona:
    """One visitor.

    skin_c: forehead at the first and at the second measurement. shows: codes, one after the other, on `holds`.
    leaves_in: the phase in which they walk away. service: what is wrong with the status service meanwhile.
    officer_admits: the officer lets them in after a referral. outcome, reason: how the visit must end.
    """

    who: str
    outcome: Outcome
    reason: Reason | None = None
    skin_c: tuple[float, float] = (NORMAL_SKIN_C, NORMAL_SKIN_C)
    shows: tuple[bytes, ...] = field(default=(), repr=False)
    holds: CodeCarrier = CodeCarrier.PHONE
    leaves_in: Phase | None = None
    skips: bool = False
    officer_admits: bool = False
    service: ServiceFault = ServiceFault.NONE

    @property
    def enters(self) -> bool:
        """Whether this person must get through the door."""
        return self.outcome in (Outcome.ADMITTED, Outcome.ADMITTED_BY_OFFICER)


@dataclass(frozen=True, slots=True)
class VisitorCodes:
    """What the people carry: codes of the app's service with their status, and passes."""

    statuses: dict[str, str]
    staff_pass: bytes = field(repr=False)
    forged_pass: bytes = field(repr=False)
    foreign_pass: bytes = field(repr=False)
    expired_pass: bytes = field(repr=False)
    health: dict[str, bytes] = field(repr=False)


def make_visitor_codes(office: Ed25519PrivateKey, issuers: Specimens, now_utc: datetime) -> VisitorCodes:
    """Codes, passes and certificates, made anew; the forger has a good one and changes it."""
    statuses = {f"{PREFIX}{colour.upper()}-0001": colour for colour in ("green", "yellow", "red", "black")}
    staff = issue(office, SITE, PassKind.STAFF, 365, now_utc).text.encode()
    foreign = issue(Ed25519PrivateKey.generate(), SITE, PassKind.STAFF, 365, now_utc).text.encode()
    expired = issue(office, SITE, PassKind.INVITED, 1, now_utc - timedelta(days=30)).text.encode()
    return VisitorCodes(statuses, staff, forge(staff), foreign, expired, health_codes(issuers, now_utc))


def health_codes(issuers: Specimens, now_utc: datetime) -> dict[str, bytes]:
    """A health certificate of every kind, one that was changed, and one whose issuer nobody here trusts."""
    strangers = Specimens()
    forged = issuers.card.forged_by(strangers.card, documents(now_utc - timedelta(days=30), 2)["smart_health_card"])
    return {**issuers.codes(now_utc), "forged": forged, "foreign": strangers.codes(now_utc)["eu_dcc"]}


def forge(good: bytes) -> bytes:
    """The pass with one letter of its signature changed; still good Base45."""
    at = len(good) // 2
    return good[:at] + (b"A" if good[at : at + 1] != b"A" else b"B") + good[at + 1 :]


def one_of_each(props: VisitorCodes) -> tuple[Persona, ...]:
    """One of each kind."""
    code = {colour: text.encode() for text, colour in props.statuses.items()}
    health = props.health
    admitted, referred = Outcome.ADMITTED, Outcome.REFERRED
    return (
        Persona("first dose", admitted, shows=(code["yellow"],)),
        Persona("no dose", referred, Reason.BELOW_MINIMUM_DOSES, shows=(code["red"],)),
        Persona("two doses", admitted, shows=(code["green"],)),
        Persona("black status", referred, Reason.STATUS_DENIED, shows=(code["black"],)),
        Persona("staff with a printed pass", admitted, shows=(props.staff_pass,), holds=CodeCarrier.PAPER),
        Persona("fever", referred, Reason.FEVER, skin_c=(36.6, 36.5), shows=(code["green"],)),
        Persona("warm from the sun", admitted, skin_c=(36.2, NORMAL_SKIN_C), shows=(code["green"],)),
        Persona("no phone", referred, Reason.NO_CREDENTIAL, holds=CodeCarrier.PERSON),
        Persona("Wi-Fi code first", admitted, shows=(WIFI_CODE, code["yellow"])),
        Persona("only a Wi-Fi code", referred, Reason.NOT_A_CREDENTIAL, shows=(WIFI_CODE,)),
        Persona("forged pass", referred, Reason.BAD_SIGNATURE, shows=(props.forged_pass,), holds=CodeCarrier.PAPER),
        Persona("another office's pass", referred, Reason.UNTRUSTED_ISSUER, shows=(props.foreign_pass,)),
        Persona("expired pass", referred, Reason.EXPIRED, shows=(props.expired_pass,), holds=CodeCarrier.PAPER),
        Persona("European certificate", admitted, shows=(health["eu_dcc"],)),
        Persona("SMART Health Card", admitted, shows=(health["smart_health_card"],), holds=CodeCarrier.PAPER),
        Persona("Indonesian certificate", admitted, shows=(health["divoc"],)),
        Persona("traveller with a seal", admitted, shows=(health["vds_nc"],), holds=CodeCarrier.PAPER),
        Persona("changed certificate", referred, Reason.BAD_SIGNATURE, shows=(health["forged"],)),
        Persona("certificate of a stranger", referred, Reason.UNTRUSTED_ISSUER, shows=(health["foreign"],)),
        Persona("leaves half-way", Outcome.LEFT, leaves_in=Phase.SCANNING, holds=CodeCarrier.PERSON),
        Persona("no spray, please", referred, Reason.SKIPPED_STEP, skips=True, shows=(code["green"],)),
        Persona("forehead under a cap", referred, Reason.TEMPERATURE_UNRELIABLE, skin_c=(27.0, 27.0)),
        Persona("app out of order", referred, Reason.STATUS_UNKNOWN, shows=(code["green"],), service=ServiceFault.HTML),
        Persona("known to the officer", Outcome.ADMITTED_BY_OFFICER, holds=CodeCarrier.PERSON, officer_admits=True),
    )


def stream(props: VisitorCodes, seed: int) -> Iterator[Persona]:
    """People without end: one of each kind first, then by chance, each a little different."""
    chance = random.Random(seed)  # noqa: S311 - a demo, not secrets
    personas = one_of_each(props)
    yield from personas
    while True:
        person = chance.choice(personas)
        a_bit = chance.uniform(-0.15, 0.15)
        yield replace(person, skin_c=(person.skin_c[0] + a_bit, person.skin_c[1] + a_bit))
