"""The personas of the demo: what each visitor shows and does, and how the visit must end."""

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
from kiosk.simulator.people.phone import CodeCarrier
from kiosk.simulator.services.faulty_server import ServiceFault
from kiosk.simulator.services.venue_desk import DeskFault
from kiosk.simulator.specimens import Specimens, documents

NORMAL_SKIN_C = 34.7
"""The reading of a healthy forehead; the demo's settings add a correction of 2.0."""

WIFI_CODE = b"WIFI:T:WPA;S:Lobby;P:selamatdatang;;"


@dataclass(frozen=True, slots=True)
class Persona:
    """The script of one visitor.

    Attributes:
        name: a short description for the table.
        outcome, reason: how the visit must end.
        skin_c: temperature of the forehead at the first and at the second reading, in degrees Celsius.
        shows: the codes that are shown, one after the other.
        holds: where the codes are shown: on a phone or on paper.
        leaves_in: the phase in which the visitor walks away, or None.
        ready: the visitor has the phone or card ready in the hand, and shows it from the first moment on.
        fetches_s: the visitor has to fetch the last code, or the phone for the venue's code, and shows or scans it this
            long after the referral began; None: not.
        skips: the visitor declines the spray.
        officer_admits: the officer admits the visitor after the referral.
        says: the answers to the questions, in order; True is yes. Further ones are answered with no.
        is_mute: the visitor answers no question.
        service: the fault of the status service during this visit.
        phone: what the venue's server finds out about a visitor who scans the code on the screen; "": they do not.
        check_in: the fault of the venue's check-in server during this visit.
        desk: the fault of the answers of the venue's check-in server during this visit.
    """

    name: str
    outcome: Outcome
    reason: Reason | None = None
    skin_c: tuple[float, float] = (NORMAL_SKIN_C, NORMAL_SKIN_C)
    shows: tuple[bytes, ...] = field(default=(), repr=False)
    holds: CodeCarrier = CodeCarrier.PHONE
    leaves_in: Phase | None = None
    ready: bool = False
    fetches_s: float | None = None
    skips: bool = False
    officer_admits: bool = False
    says: tuple[bool, ...] = ()
    is_mute: bool = False
    service: ServiceFault = ServiceFault.NONE
    phone: str = ""
    check_in: ServiceFault = ServiceFault.NONE
    desk: DeskFault = DeskFault.NONE

    @property
    def enters(self) -> bool:
        """True if this visitor must get through the building door."""
        return self.outcome in (Outcome.ADMITTED, Outcome.ADMITTED_BY_OFFICER)


@dataclass(frozen=True, slots=True)
class VisitorCodes:
    """The codes that the visitors of the demo carry.

    Attributes:
        statuses: codes of the status service, with the status of each.
        staff_pass, forged_pass, foreign_pass, expired_pass: a valid site pass, and three that must be refused.
        health: health certificates by kind, and one "forged", one "foreign", one "incomplete" and a yellow card that is
            not yet valid.
    """

    statuses: dict[str, str]
    staff_pass: bytes = field(repr=False)
    forged_pass: bytes = field(repr=False)
    foreign_pass: bytes = field(repr=False)
    expired_pass: bytes = field(repr=False)
    health: dict[str, bytes] = field(repr=False)


def make_visitor_codes(office: Ed25519PrivateKey, issuers: Specimens, now_utc: datetime) -> VisitorCodes:
    """Issue all codes. `office` is the private key of the pass office; `issuers` sign the health certificates."""
    statuses = {f"{PREFIX}{colour.upper()}-0001": colour for colour in ("green", "yellow", "red", "black")}
    staff = issue(office, SITE, PassKind.STAFF, 365, now_utc).text.encode()
    foreign = issue(Ed25519PrivateKey.generate(), SITE, PassKind.STAFF, 365, now_utc).text.encode()
    expired = issue(office, SITE, PassKind.INVITED, 1, now_utc - timedelta(days=30)).text.encode()
    return VisitorCodes(statuses, staff, forge(staff), foreign, expired, health_codes(issuers, now_utc))


def health_codes(issuers: Specimens, now_utc: datetime) -> dict[str, bytes]:
    """Return a health certificate of every kind, and some that must be refused."""
    strangers = Specimens()
    card = documents(now_utc - timedelta(days=30), 2)["smart_health_card"]
    return {
        **issuers.codes(now_utc),
        "forged": issuers.card.forged_by(strangers.card, card),
        "foreign": strangers.codes(now_utc)["eu_dcc"],
        "yellow_card": issuers.yellow_card(now_utc),
        "new_yellow_card": issuers.yellow_card(now_utc, days_ago=3),
        "health_link": issuers.health_link(now_utc),
        "incomplete": issuers.card.sign({name: claim for name, claim in card.items() if name != "nbf"}),
    }


def forge(good: bytes) -> bytes:
    """Return the pass with one character of its signature changed; it is still valid Base45."""
    at = len(good) // 2
    return good[:at] + (b"A" if good[at : at + 1] != b"A" else b"B") + good[at + 1 :]


def people_with_habits(codes: VisitorCodes) -> tuple[Persona, ...]:
    """Return people who have the code ready in the hand, and people who have to fetch the right one."""
    code = {colour: text.encode() for text, colour in codes.statuses.items()}
    admitted = Outcome.ADMITTED
    return (
        Persona("phone ready in the hand", admitted, shows=(code["green"],), ready=True),
        Persona("Wi-Fi code ready in the hand", admitted, shows=(WIFI_CODE, code["green"]), ready=True),
        Persona("fetches the phone", admitted, shows=(code["yellow"],), fetches_s=5.0),
        Persona("fetches phone and scans", admitted, phone="green", fetches_s=4.0, holds=CodeCarrier.PERSON),
        Persona("old pass first", admitted, shows=(codes.expired_pass, codes.staff_pass), fetches_s=2.0),
    )


def people_with_certificates(health: dict[str, bytes]) -> tuple[Persona, ...]:
    """Return one person for each health certificate."""
    admitted, referred = Outcome.ADMITTED, Outcome.REFERRED
    return (
        Persona("European certificate", admitted, shows=(health["eu_dcc"],)),
        Persona("SMART Health Card", admitted, shows=(health["smart_health_card"],), holds=CodeCarrier.PAPER),
        Persona("Indonesian certificate", admitted, shows=(health["divoc"],)),
        Persona("traveller with a seal", admitted, shows=(health["vds_nc"],), holds=CodeCarrier.PAPER),
        Persona("yellow card", admitted, shows=(health["yellow_card"],), holds=CodeCarrier.PAPER),
        Persona("yellow card of this week", referred, Reason.NOT_YET_VALID, shows=(health["new_yellow_card"],)),
        Persona("pilgrim's health card", referred, Reason.LINK_ONLY, shows=(health["health_link"],)),
        Persona("changed certificate", referred, Reason.BAD_SIGNATURE, shows=(health["forged"],)),
        Persona("incomplete certificate", referred, Reason.INCOMPLETE, shows=(health["incomplete"],)),
        Persona("certificate of a stranger", referred, Reason.UNTRUSTED_ISSUER, shows=(health["foreign"],)),
    )


def one_of_each(codes: VisitorCodes) -> tuple[Persona, ...]:
    """Return one persona of each kind."""
    code = {colour: text.encode() for text, colour in codes.statuses.items()}
    admitted, referred = Outcome.ADMITTED, Outcome.REFERRED
    return (
        Persona("first dose", admitted, shows=(code["yellow"],)),
        Persona("no dose", referred, Reason.BELOW_MINIMUM_DOSES, shows=(code["red"],)),
        Persona("two doses", admitted, shows=(code["green"],)),
        Persona("black status", referred, Reason.STATUS_DENIED, shows=(code["black"],)),
        Persona("staff with a printed pass", admitted, shows=(codes.staff_pass,), holds=CodeCarrier.PAPER),
        Persona("fever", referred, Reason.FEVER, skin_c=(36.6, 36.5), shows=(code["green"],)),
        Persona("warm from the sun", admitted, skin_c=(36.2, NORMAL_SKIN_C), shows=(code["green"],)),
        Persona("no phone", referred, Reason.NO_CREDENTIAL, holds=CodeCarrier.PERSON),
        Persona("Wi-Fi code first", admitted, shows=(WIFI_CODE, code["yellow"])),
        Persona("only a Wi-Fi code", referred, Reason.NOT_A_CREDENTIAL, shows=(WIFI_CODE,)),
        Persona("forged pass", referred, Reason.BAD_SIGNATURE, shows=(codes.forged_pass,), holds=CodeCarrier.PAPER),
        Persona("another office's pass", referred, Reason.UNTRUSTED_ISSUER, shows=(codes.foreign_pass,)),
        Persona("expired pass", referred, Reason.EXPIRED, shows=(codes.expired_pass,), holds=CodeCarrier.PAPER),
        *people_with_certificates(codes.health),
        Persona("leaves half-way", Outcome.LEFT, leaves_in=Phase.SCANNING, holds=CodeCarrier.PERSON),
        Persona("no spray, please", referred, Reason.SKIPPED_STEP, skips=True, shows=(code["green"],)),
        Persona("forehead under a cap", referred, Reason.TEMPERATURE_UNRELIABLE, skin_c=(27.0, 27.0)),
        Persona("app out of order", referred, Reason.STATUS_UNKNOWN, shows=(code["green"],), service=ServiceFault.HTML),
        Persona("scans the venue's code", admitted, phone="green", holds=CodeCarrier.PERSON),
        Persona("told no by the venue", referred, Reason.STATUS_DENIED, phone="black", holds=CodeCarrier.PERSON),
        Persona(
            "another one's result", referred, Reason.NO_CREDENTIAL, holds=CodeCarrier.PERSON, desk=DeskFault.REPEATED
        ),
        Persona("venue's server is down", admitted, shows=(code["green"],), check_in=ServiceFault.ERROR),
        Persona("known to the officer", Outcome.ADMITTED_BY_OFFICER, holds=CodeCarrier.PERSON, officer_admits=True),
        *people_with_habits(codes),
    )


def people_with_answers(codes: VisitorCodes) -> tuple[Persona, ...]:
    """Return people for a site that asks questions, whose answers decide."""
    code = {colour: text.encode() for text, colour in codes.statuses.items()}
    return (
        Persona("had a fever lately", Outcome.REFERRED, Reason.ANSWERED_YES, shows=(code["green"],), says=(True,)),
        Persona("was with somebody ill", Outcome.REFERRED, Reason.ANSWERED_YES, says=(False, False, True)),
        Persona("answers no question", Outcome.REFERRED, Reason.NOT_ANSWERED, shows=(code["green"],), is_mute=True),
    )


def endless_personas(codes: VisitorCodes, seed: int, *, asked: bool = False) -> Iterator[Persona]:
    """Yield personas for ever: first one of each kind, then random ones with slightly changed temperatures.

    asked: True if the site asks questions.
    """
    chance = random.Random(seed)  # noqa: S311 - a demo, not secrets
    personas = (*people_with_answers(codes), *one_of_each(codes)) if asked else one_of_each(codes)
    yield from personas
    while True:
        persona = chance.choice(personas)
        change_c = chance.uniform(-0.15, 0.15)
        yield replace(persona, skin_c=(persona.skin_c[0] + change_c, persona.skin_c[1] + change_c))
