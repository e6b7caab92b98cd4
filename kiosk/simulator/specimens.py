"""One valid health credential of each scheme, signed by the demo's issuers: for demo, benchmark and fuzzer."""

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kiosk.credentials.trust.trust_list import TrustedKey
from kiosk.simulator.divoc_issuer import DivocIssuer, zipped
from kiosk.simulator.issuers import CardIssuer, DccIssuer, SealIssuer, as_json

CARD_URL = "https://demo.example/issuer"


@dataclass(frozen=True, slots=True)
class Specimens:
    """The demo's issuers, one for each scheme. Their keys are made at start."""

    dcc: DccIssuer = field(default_factory=lambda: DccIssuer("ID"))
    card: CardIssuer = field(default_factory=lambda: CardIssuer(CARD_URL))
    divoc: DivocIssuer = field(default_factory=lambda: DivocIssuer("did:demo-indonesia"))
    seal: SealIssuer = field(default_factory=lambda: SealIssuer("ID"))

    @property
    def trusted(self) -> list[TrustedKey]:
        """Their public keys, as a site imports them."""
        return [self.dcc.trusted, self.card.trusted, self.divoc.trusted, self.seal.trusted]

    def codes(self, now: datetime, doses: int = 1) -> dict[str, bytes]:
        """Return the code of each scheme for a person who got dose number `doses` of two 30 days before `now`."""
        given = now - timedelta(days=30)
        contents = documents(given, doses)
        return {
            "eu_dcc": self.dcc.sign(contents["eu_dcc"], given, timedelta(days=365)),
            "smart_health_card": self.card.sign(contents["smart_health_card"]),
            "divoc": zipped(self.divoc.sign(contents["divoc"])),
            "vds_nc": as_json(self.seal.sign("icao.vacc", contents["vds_nc"])),
        }

    def yellow_card(self, now: datetime, days_ago: int = 3650) -> bytes:
        """Return a digital yellow card for a vaccination against yellow fever `days_ago` days before `now`."""
        given = now - timedelta(days=days_ago)
        return self.dcc.sign_claims({1: "ID", 6: int(given.timestamp()), -260: {-6: yellow_card(given)}})

    def health_link(self, now: datetime) -> bytes:
        """Return a pilgrims' health card, which is a signed link."""
        return self.dcc.sign_claims({1: "ID", 6: int(now.timestamp()), -260: {5: link_code(LINK).decode()}})


LINK = {"url": "https://demo.example/manifest", "flag": "P", "key": "rxTgYlOaKJPFtcEd0qcceN8wEU4p94SqAwIWQe6uX7Q"}


def link_code(link: dict[str, Any], prefix: str = "vhlink:/") -> bytes:
    """Return the text of a link to health data."""
    return prefix.encode() + base64.urlsafe_b64encode(as_json(link)).rstrip(b"=")


def yellow_card(given: datetime) -> dict[str, Any]:
    """Return the content of a digital yellow card, before it is signed."""
    product = f"YellowFeverProduct{'0123456789abcdef' * 2}"
    vaccination = {"vp": product, "dt": f"{given:%Y-%m-%d}", "bo": "D1", "cn": "dr. Contoh", "is": "ID"}
    return {"n": "Siti Contoh", "dob": "1980-02-28", "s": "female", "ntl": "IDN", "v": vaccination}


def documents(given: datetime, doses: int) -> dict[str, dict[str, Any]]:
    """Return the content of each scheme's credential, before it is signed."""
    day = f"{given:%Y-%m-%d}"
    return {
        "eu_dcc": _dcc(day, doses),
        "smart_health_card": _card(given, day, doses),
        "divoc": _divoc(given, day, doses),
        "vds_nc": _seal(day, doses),
    }


def _dcc(day: str, doses: int) -> dict[str, Any]:
    entry = {"tg": "840539006", "vp": "J07BX03", "mp": "CoronaVac", "ma": "Sinovac-Biotech", "dn": doses, "sd": 2}
    source = {"dt": day, "co": "ID", "is": "Demo Ministry of Health", "ci": "URN:UVCI:01:ID:DEMO#1"}
    name = {"fn": "Contoh", "fnt": "CONTOH", "gn": "Siti", "gnt": "SITI"}
    return {"ver": "1.3.0", "nam": name, "dob": "1980-02-28", "v": [{**entry, **source}]}


def _card(given: datetime, day: str, doses: int) -> dict[str, Any]:
    coding = {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "511"}]}
    dose = {"resourceType": "Immunization", "status": "completed", "vaccineCode": coding, "occurrenceDateTime": day}
    name = [{"family": "Contoh", "given": ["Siti"]}]
    person = {"resourceType": "Patient", "name": name, "birthDate": "1980-02-28"}
    entries = [{"fullUrl": f"resource:{at}", "resource": one} for at, one in enumerate([person, *[dose] * doses])]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    subject = {"fhirVersion": "4.0.1", "fhirBundle": bundle}
    kinds = ["https://smarthealth.cards#health-card", "https://smarthealth.cards#immunization"]
    return {"iss": CARD_URL, "nbf": given.timestamp(), "vc": {"type": kinds, "credentialSubject": subject}}


def _divoc(given: datetime, day: str, doses: int) -> dict[str, Any]:
    address = {
        "streetAddress": "Jalan Contoh 1",
        "city": "Bekasi",
        "addressRegion": "Jawa Barat",
        "addressCountry": "ID",
    }
    return {
        "@context": [
            "https://www.w3.org/2018/credentials/v1",
            "https://www.pedulilindungi.id/credentials/vaccination/v2",
        ],
        "type": ["VerifiableCredential", "ProofOfVaccinationCredential"],
        "credentialSubject": {
            "type": "Person",
            "id": "did:demo-indonesia:1",
            "name": "Siti Contoh",
            "dob": "1980-02-28",
            "address": address,
        },
        "issuer": "https://demo.example/",
        "issuanceDate": f"{given:%Y-%m-%dT%H:%M:%SZ}",
        "evidence": [
            {
                "id": "https://demo.example/vaccine/1",
                "type": ["Vaccination"],
                "certificateId": "1",
                "vaccine": "CoronaVac",
                "manufacturer": "Sinovac Life Sciences",
                "date": day,
                "dose": doses,
                "totalDoses": 2,
                "facility": {"name": "Puskesmas Contoh", "address": address},
            }
        ],
        "nonTransferable": "true",
    }


def _seal(day: str, doses: int) -> dict[str, Any]:
    given = [
        {"dvc": day, "seq": number, "ctr": "IDN", "adm": "Puskesmas", "lot": "1"} for number in range(1, doses + 1)
    ]
    event = {"des": "XM68M6", "dis": "RA01.0", "nam": "CoronaVac", "vd": given}
    return {"uvci": "DEMO1", "pid": {"n": "CONTOH SITI", "dob": "1980-02-28"}, "ve": [event]}
