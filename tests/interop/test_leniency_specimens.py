"""A specimen for every row of the table of leniency: accepted from the country of the row, and from no other one."""

import zlib
from datetime import timedelta

import pytest

from kiosk.credentials.content.credential import Examination, Verifier
from kiosk.credentials.content.leniency import TABLE, Leniency
from kiosk.credentials.schemes.eu_dcc.eu_dcc import EuDcc
from kiosk.credentials.schemes.smart_health_card.smart_health_card import SmartHealthCard
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.simulator.issuers import CardIssuer, DccIssuer, as_json
from kiosk.simulator.specimens import documents
from tests.credentials.samples import NOW, TEST, VACCINATION, WHEN, changed, outcome

BREACHES: dict[tuple[str, str, str], tuple[str, ...]] = {
    ("eu_dcc", "ID", "v.ma"): ("", "Sinovac- Biontech"),
    ("eu_dcc", "ID", "v.vp"): ("",),
    ("eu_dcc", "ID", "v.mp"): ("",),
    ("eu_dcc", "PY", "v.vp"): ("EU/1/20/1528", "Sputnik V (Gam-COVID-Vac)"),
    ("eu_dcc", "SM", "v.ma"): ("ORG-1000302155",),
    ("eu_dcc", "*", "v.ma"): ("ORG-100099999", "Bharat Biotech International"),
    ("eu_dcc", "*", "v.vp"): ("30761000087108",),
    ("eu_dcc", "*", "v.mp"): ("EU/1/23/9999",),
    ("eu_dcc", "*", "t.ma"): ("", "Contoh Rapid Test"),
    ("eu_dcc", "*", "dob"): ("1980-02-28T00:00:00", "1980-XX-XX"),
    ("eu_dcc", "*", "nam.fnt"): ("CONTOH-SITI",),
    ("smart_health_card", "CA", "payload.begin"): ("\ufeff",),
    ("smart_health_card", "SN", "payload.end"): ("12345678",),
}
"""The text of each specimen, by scheme, country and member of its row."""

SPECIMENS = [(row, text) for row in TABLE for text in BREACHES[row.scheme, row.country, row.member]]


def specimen(row: Leniency, text: str, country: str) -> tuple[Verifier, bytes]:
    """Return a code with the breach, signed by an issuer of `country`, and a verifier that trusts this issuer."""
    if row.scheme == "smart_health_card":
        card = CardIssuer(f"https://health.example.{country.lower()}")
        content = documents(NOW - timedelta(days=30), 1)["smart_health_card"]
        payload = as_json({**content, "iss": card.issuer})
        begin, end = (text.encode(), b"") if row.member == "payload.begin" else (b"", text.encode())
        engine = zlib.compressobj(wbits=-15)
        code = card.sign_bytes(engine.compress(begin + payload) + engine.flush() + end)
        return SmartHealthCard(TrustList([card.trusted])), code
    issuer = DccIssuer(country)
    group, _, member = row.member.rpartition(".")
    document, path = VACCINATION, row.member
    if group in ("v", "t"):
        document = VACCINATION if group == "v" else TEST
        document, path = changed(document, f"{group}.0.co", country), f"{group}.0.{member}"
    code = issuer.sign(changed(document, path, text), NOW - timedelta(days=1), timedelta(days=9))
    return EuDcc(TrustList([issuer.trusted])), code


@pytest.mark.parametrize(("row", "text"), SPECIMENS, ids=[f"{row.country}-{row.member}" for row, _ in SPECIMENS])
def test_a_specimen_of_each_row_is_accepted(row: Leniency, text: str) -> None:
    verifier, code = specimen(row, text, "DE" if row.country == "*" else row.country)
    examination = Examination(verifier.name)
    verifier.verify(code, WHEN, examination)
    notes = [check.detail for check in examination.checks if check.name == "tolerated"]
    if row.member != "payload.end":  # it is tolerated before anything is read, and noted nowhere
        assert any(row.reason in note for note in notes)


@pytest.mark.parametrize(
    ("row", "text"),
    [(row, text) for row, text in SPECIMENS if row.country != "*" and text != "Sinovac- Biontech"],
    ids=lambda value: value.member if isinstance(value, Leniency) else repr(value),
)
def test_the_same_breach_of_another_country_is_not_tolerated(row: Leniency, text: str) -> None:
    assert outcome(*specimen(row, text, "DE")).startswith("incomplete: ")


def test_every_row_has_a_specimen() -> None:
    assert {(row.scheme, row.country, row.member) for row in TABLE} == set(BREACHES)
