"""Revoked certificates: the lists of the EU's gateway and CRLs, imported, stored and obeyed."""

import base64
import json
import zlib
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials.content.credential import Examination
from kiosk.credentials.content.hcert import unwrap
from kiosk.credentials.formats import base45
from kiosk.credentials.judging.table import schemes_with_keys
from kiosk.credentials.schemes.eu_dcc.eu_dcc import EuDcc
from kiosk.credentials.schemes.health_link.health_link import HealthLink
from kiosk.credentials.schemes.vds_nc.vds_nc import VdsNc
from kiosk.credentials.schemes.yellow_card.yellow_card import YellowCard
from kiosk.credentials.trust.certificates import root_key
from kiosk.credentials.trust.revocations import RevokedBy, RevokedCredentials, digest_of_serial, joined
from kiosk.credentials.trust.trust_files import KeyList, read_lists, trust_of, write_list
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.errors import KioskError
from kiosk.office.trust_import import import_list
from kiosk.office.trust_reports import list_keys, verify_lists
from kiosk.simulator.issuers import DccIssuer, PrivateKey, SealIssuer, as_json, certificate_for, new_ec_key, wrap_cwt
from kiosk.simulator.specimens import Specimens
from tests.credentials.samples import NOW, VACCINATION, changed, outcome
from tests.credentials.schemes.test_vds_nc import MESSAGE

RSA_ISSUER = DccIssuer("SG", rsa.generate_private_key(65537, 2048))
ISSUER = DccIssuer("ID")
CODES = {
    issuer.country: issuer.sign(VACCINATION, NOW - timedelta(days=1), timedelta(days=9))
    for issuer in (ISSUER, RSA_ISSUER)
}
UCI = VACCINATION["v"][0]["ci"]
SEALS = SealIssuer("ID")


def signature_of(code: bytes) -> bytes:
    return unwrap(code, Examination("x")).signature


def digest(text: bytes) -> str:
    return base64.b64encode(sha256(text).digest()[:16]).decode()


def batch(kind: str, *digests: str, key_id: str = "UNKNOWN_KID", country: str = "ID") -> dict[str, Any]:
    entries = [{"hash": one} for one in digests]
    return {"country": country, "expires": "2027-01-01T00:00:00Z", "kid": key_id, "hashType": kind, "entries": entries}


def imported(folder: Path, document: object) -> TrustList:
    """Import the document beside the key of the issuer, and return the trust list that a kiosk reads."""
    (folder / "list.json").write_text(json.dumps(document))
    for issuer in (ISSUER, RSA_ISSUER):
        write_list(folder / "trust", KeyList("eu_dcc", issuer.country.lower(), NOW, (issuer.trusted,)))
    import_list(folder / "list.json", folder / "trust", NOW)
    return trust_of(read_lists(folder / "trust", schemes_with_keys()), None)


KID = ISSUER.trusted.key_id
R = signature_of(CODES["ID"])[:32]


@pytest.mark.parametrize(
    "found",
    [
        batch("UCI", digest(UCI.encode())),
        batch("UCI", digest(b"other"), digest(UCI.encode()), digest(b"another")),
        batch("COUNTRYCODEUCI", digest(f"ID{UCI}".encode())),
        batch("SIGNATURE", digest(R), key_id=KID),
        [batch("UCI", digest(b"other")), batch("SIGNATURE", digest(R))],
    ],
)
def test_a_revoked_certificate_is_refused(tmp_path: Path, found: object) -> None:
    assert outcome(EuDcc(imported(tmp_path, found)), CODES["ID"]) == "eu_dcc.revocation"


@pytest.mark.parametrize(
    "found",
    [
        batch("UCI", digest(b"other")),
        batch("UCI", digest(f"ID{UCI}".encode())),
        batch("COUNTRYCODEUCI", digest(UCI.encode())),
        batch("SIGNATURE", digest(R), key_id="AAAAAAAAAAA="),
        batch("SIGNATURE", digest(signature_of(CODES["ID"]))),
        batch("UCI"),
    ],
)
def test_a_certificate_that_no_list_names_is_accepted(tmp_path: Path, found: object) -> None:
    assert outcome(EuDcc(imported(tmp_path, found)), CODES["ID"]) == "good"


def test_the_whole_signature_of_an_rsa_key_is_digested(tmp_path: Path) -> None:
    trust = imported(tmp_path, batch("SIGNATURE", digest(signature_of(CODES["SG"])), country="SG"))
    assert outcome(EuDcc(trust), CODES["SG"]) == "eu_dcc.revocation"
    assert outcome(EuDcc(trust), CODES["ID"]) == "good"


def test_another_valid_signature_of_the_same_certificate_does_not_escape(tmp_path: Path) -> None:
    """Of an ECDSA signature (r, s), everybody can make (r, n - s), which is valid too."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    signed = cbor2.loads(zlib.decompress(base45.decode(CODES["ID"][4:])))
    header, unprotected, payload, signature = signed.value
    twin = signature[:32] + (order - int.from_bytes(signature[32:])).to_bytes(32)
    code = wrap_cwt(cbor2.dumps(cbor2.CBORTag(18, [header, unprotected, payload, twin])))
    assert outcome(EuDcc(TrustList([ISSUER.trusted])), code) == "good"
    assert outcome(EuDcc(imported(tmp_path, batch("SIGNATURE", digest(R)))), code) == "eu_dcc.revocation"


def test_a_revoked_yellow_card_and_pilgrims_card_are_refused(tmp_path: Path) -> None:
    specimens = Specimens()
    codes = specimens.yellow_card(NOW), specimens.health_link(NOW)
    revoked = joined(sha256(signature_of(code)[:32]).digest()[:16] for code in codes)
    listed = RevokedCredentials("eu_dcc", "ID", "", RevokedBy.SIGNATURE, revoked)
    trust = TrustList([specimens.dcc.trusted], revoked=[listed])
    assert outcome(YellowCard(trust), codes[0]) == "yellow_card.revocation"
    assert outcome(HealthLink(trust), codes[1]) == "health_link.revocation"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hashType": "OTHER"}, "'OTHER' is missing or has an unknown value"),
        ({"entries": [{"hash": "AAAA"}]}, "a digest has not 16 bytes"),
        ({"entries": [{"hash": "!"}]}, "entry cannot be read"),
        ({"entries": [{}]}, "member 'hash' is missing"),
        ({"kid": ...}, "member 'kid' is missing"),
    ],
)
def test_a_batch_that_cannot_be_read_is_named_and_the_others_are_used(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    bad = {name: value for name, value in {**batch("UCI"), **change}.items() if value is not ...}
    (tmp_path / "list.json").write_text(json.dumps([batch("UCI", digest(b"x")), bad]))
    report = import_list(tmp_path / "list.json", tmp_path / "trust", NOW)
    assert report.entries == 2
    assert "eu_dcc 'main-revoked-id': 1 revoked certificates; a new list" in report.text()
    assert message in report.text()
    assert json.loads(report.json())["lists"][0]["revoked"] == 1
    (tmp_path / "list.json").write_text(json.dumps([bad]))
    with pytest.raises(KioskError):
        import_list(tmp_path / "list.json", tmp_path / "trust", NOW)


def test_a_newer_list_of_an_issuer_replaces_its_older_one_and_no_keys(tmp_path: Path) -> None:
    assert outcome(EuDcc(imported(tmp_path, batch("UCI", digest(UCI.encode())))), CODES["ID"]) == "eu_dcc.revocation"
    both = [batch("UCI", digest(b"x")), batch("UCI", digest(b"y"), country="SG")]
    assert outcome(EuDcc(imported(tmp_path, both)), CODES["ID"]) == "good"
    assert sorted(path.name for path in (tmp_path / "trust").iterdir()) == [
        "eu_dcc.id.json",
        "eu_dcc.main-revoked-id.json",
        "eu_dcc.main-revoked-sg.json",
        "eu_dcc.sg.json",
    ]
    (tmp_path / "list.json").write_text(json.dumps(both))
    report = import_list(tmp_path / "list.json", tmp_path / "trust", NOW)
    assert "it replaces the list of this issuer" in report.text()
    assert "eu_dcc 'main-revoked-id': 1 revoked certificates, imported" in list_keys(tmp_path / "trust", NOW)[0]
    assert verify_lists(tmp_path / "trust", NOW, 30, refers=True) == ("all lists are in order", 0)


def test_a_damaged_file_of_revocations_is_an_error(tmp_path: Path) -> None:
    imported(tmp_path, batch("UCI", digest(b"x")))
    path = tmp_path / "trust" / "eu_dcc.main-revoked-id.json"
    found = json.loads(path.read_text())
    found["revoked"][0]["digests"] = "AAAA"
    path.write_text(json.dumps(found))
    with pytest.raises(KioskError, match="is not a key list of this kiosk"):
        read_lists(tmp_path / "trust", schemes_with_keys())


def crl(
    serials: Iterable[int],
    key: PrivateKey | None = None,
    name: x509.Name | None = None,
    critical: bool = False,
    days_ago: int = 1,
) -> x509.CertificateRevocationList:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(SEALS.authority.subject if name is None else name)
        .last_update(NOW - timedelta(days=days_ago))
        .next_update(NOW + timedelta(days=30))
    )
    for serial in serials:
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - timedelta(days=2)).build()
        builder = builder.add_revoked_certificate(one)
    if critical:
        builder = builder.add_extension(x509.DeltaCRLIndicator(1), critical=True)
    return builder.sign(key or SEALS.authority_key, SHA256())


def seal_trust(folder: Path, data: bytes, scheme: str = "") -> TrustList:
    write_list(folder / "trust", KeyList("vds_nc", "main", NOW, (SEALS.trusted,)))
    (folder / "list.crl").write_bytes(data)
    import_list(folder / "list.crl", folder / "trust", NOW, scheme)
    return trust_of(read_lists(folder / "trust", schemes_with_keys()), None)


GOOD_SEAL = as_json(SEALS.sign("icao.vacc", MESSAGE))


@pytest.mark.parametrize("form", [Encoding.PEM, Encoding.DER])
def test_a_seal_of_a_revoked_signer_is_refused(tmp_path: Path, form: Encoding) -> None:
    revoked = crl([7, SEALS.signer.serial_number]).public_bytes(form)
    assert outcome(VdsNc(seal_trust(tmp_path, revoked)), GOOD_SEAL) == "vds_nc.revocation"


def test_a_seal_of_another_signer_of_the_authority_is_accepted(tmp_path: Path) -> None:
    assert outcome(VdsNc(seal_trust(tmp_path, crl([7, 2**150]).public_bytes(Encoding.DER))), GOOD_SEAL) == "good"
    assert outcome(VdsNc(seal_trust(tmp_path, crl([]).public_bytes(Encoding.PEM))), GOOD_SEAL) == "good"


@pytest.mark.parametrize(
    ("made", "scheme", "message"),
    [
        (crl([7], key=new_ec_key()), "", "is signed by none of the 1 imported roots with this name; import the root"),
        (crl([7], name=x509.Name([])), "", "is signed by none of the 0 imported roots"),
        (crl([7], critical=True), "", "CRL has the critical extension 2.5.29.27"),
        (crl([7]), "eu_dcc", "CRLs are no form of keys for 'eu_dcc'"),
    ],
)
def test_a_crl_that_no_trusted_root_signed_or_that_is_no_whole_list_is_refused(
    tmp_path: Path, made: x509.CertificateRevocationList, scheme: str, message: str
) -> None:
    with pytest.raises(KioskError, match=message):
        seal_trust(tmp_path, made.public_bytes(Encoding.DER), scheme)
    assert [path.name for path in (tmp_path / "trust").iterdir()] == ["vds_nc.main.json"]


def test_an_older_crl_replaces_a_newer_one_only_if_it_is_asked_for(tmp_path: Path) -> None:
    older, newer = (crl([7] * days, days_ago=days).public_bytes(Encoding.DER) for days in (2, 1))
    seal_trust(tmp_path, older)
    seal_trust(tmp_path, newer)
    seal_trust(tmp_path, newer)
    [stored] = (tmp_path / "trust").glob("*revoked*")
    before = stored.read_bytes()
    with pytest.raises(KioskError, match=r"of 2021-09-29 .* the imported one is of 2021-09-30 .* or give --older"):
        seal_trust(tmp_path, older)
    assert stored.read_bytes() == before
    import_list(tmp_path / "list.crl", tmp_path / "trust", NOW, allow_older=True)
    assert '"issued_utc": "2021-09-29' in stored.read_text()


def test_a_list_of_an_earlier_release_without_its_time_is_replaced(tmp_path: Path) -> None:
    seal_trust(tmp_path, crl([7]).public_bytes(Encoding.DER))
    [stored] = (tmp_path / "trust").glob("*revoked*")
    content = json.loads(stored.read_text())
    del content["revoked"][0]["issued_utc"]
    stored.write_text(json.dumps(content))
    seal_trust(tmp_path, crl([7], days_ago=9).public_bytes(Encoding.DER))


def test_a_damaged_crl_is_refused(tmp_path: Path) -> None:
    good = crl([7]).public_bytes(Encoding.DER)
    pem = crl([7]).public_bytes(Encoding.PEM)
    for data in (good[:-9], good[:40], pem.replace(b"M", b"!"), b"-----BEGIN X509 CRL-----"):
        with pytest.raises(KioskError):
            seal_trust(tmp_path, data)


def test_a_crl_with_an_extension_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    builder = x509.CertificateRevocationListBuilder(SEALS.authority.subject, NOW, NOW + timedelta(days=1))
    other = x509.IssuerAlternativeName([x509.RFC822Name("a@bb")])
    made = builder.add_extension(x509.CRLNumber(1), False).add_extension(other, False)
    good = made.sign(SEALS.authority_key, SHA256()).public_bytes(Encoding.DER)
    twice = good.replace(bytes.fromhex("0603551d14"), bytes.fromhex("0603551d12"))
    x400_address = good.replace(b"\x81\x04a@bb", b"\xa3\x04a@bb")
    for data in (twice, x400_address):
        with pytest.raises(KioskError, match="key list cannot be read"):
            seal_trust(tmp_path, data)


def test_the_crl_of_another_authority_of_the_country_replaces_nothing(tmp_path: Path) -> None:
    key = new_ec_key()
    other = certificate_for(key, "ID", "Demo CSCA 2", authority=True)
    seal_trust(tmp_path, crl([SEALS.signer.serial_number]).public_bytes(Encoding.DER))
    write_list(tmp_path / "trust", KeyList("vds_nc", "two", NOW, (root_key(other, "vds_nc"),)))
    trust = seal_trust(tmp_path, crl([5], key=key, name=other.subject).public_bytes(Encoding.DER))
    assert outcome(VdsNc(trust), GOOD_SEAL) == "vds_nc.revocation"
    trust = seal_trust(tmp_path, crl([]).public_bytes(Encoding.DER))
    assert outcome(VdsNc(trust), GOOD_SEAL) == "good"


def test_a_country_in_small_letters_is_the_same_country(tmp_path: Path) -> None:
    trust = imported(tmp_path, [batch("UCI", digest(UCI.encode())), batch("UCI", digest(b"b"), country="id")])
    assert outcome(EuDcc(trust), CODES["ID"]) == "eu_dcc.revocation"


@given(st.sets(st.binary(min_size=16, max_size=16), max_size=40), st.binary(min_size=16, max_size=16))
def test_a_digest_is_found_if_and_only_if_it_is_listed(listed: set[bytes], other: bytes) -> None:
    found = RevokedCredentials("eu_dcc", "ID", "", RevokedBy.UCI, joined(listed))
    assert len(found) == len(listed)
    assert all(one in found for one in listed)
    assert (other in found) == (other in listed)


def test_every_serial_number_has_a_digest() -> None:
    assert len({digest_of_serial(number) for number in (0, 1, -2, 255, 256, 2**159)}) == 6


def test_a_certificate_with_another_identifier_is_another_one(tmp_path: Path) -> None:
    trust = imported(tmp_path, batch("UCI", digest(UCI.encode())))
    other = ISSUER.sign(changed(VACCINATION, "v.0.ci", f"{UCI}2"), NOW - timedelta(days=1), timedelta(days=9))
    assert outcome(EuDcc(trust), other) == "good"
