import base64
from datetime import date, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials.content.credential import Dose, TestResult
from kiosk.credentials.formats.lenient_der import load_certificate, sequence
from kiosk.credentials.schemes.vds_nc.vds_nc import VdsNc, canonical
from kiosk.credentials.trust.certificates import certificates_in_pem, is_seal_signer
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.errors import BadCredential
from kiosk.model import WallTime
from kiosk.simulator.issuers import SealIssuer, as_json, certificate_for, new_ec_key
from tests.credentials.samples import NOW, changed, outcome, verify

ISSUER = SealIssuer("AU")
VERIFIER = VdsNc(TrustList([ISSUER.trusted]))
PERSON = {"n": "CONTOH SITI", "dob": "1980-02-29", "i": "X1234567"}
MESSAGE: dict[str, Any] = {
    "uvci": "U1",
    "pid": PERSON,
    "ve": [
        {
            "des": "XM68M6",
            "dis": "RA01.0",
            "nam": "AstraZeneca Vaxzevria",
            "vd": [
                {"dvc": "2021-05-01", "seq": 1, "ctr": "AUS", "adm": "Clinic", "lot": "1"},
                {"dvc": "2021-08-01", "seq": 2, "ctr": "AUS", "adm": "Clinic", "lot": "2"},
            ],
        }
    ],
}
TEST: dict[str, Any] = {
    "utci": "U2",
    "pid": PERSON,
    "dat": {"sc": "2021-09-30T21:00:00Z", "ri": "2021-09-30T23:00:00Z"},
    "tr": {"tc": "molecular(PCR)", "r": "negative", "m": "nasopharyngeal"},
}
SEAL = ISSUER.sign("icao.vacc", MESSAGE)
GOOD = as_json(SEAL)


def seal(message: dict[str, Any], kind: str = "icao.vacc") -> bytes:
    return as_json(ISSUER.sign(kind, message))


def test_a_vaccination_seal_has_its_doses() -> None:
    found = verify(VERIFIER, GOOD)
    assert found.doses == (
        Dose(1, None, date(2021, 5, 1), "AstraZeneca Vaxzevria"),
        Dose(2, None, date(2021, 8, 1), "AstraZeneca Vaxzevria"),
    )
    assert (found.issuer, found.holder.name) == ("AU", "CONTOH SITI")
    assert "CONTOH" not in repr(found)


def test_a_test_seal_has_its_result() -> None:
    at = NOW - timedelta(hours=12)
    assert verify(VERIFIER, seal(TEST, "icao.test")).tests == (TestResult(False, True, at),)
    rapid = changed(changed(TEST, "tr.tc", "Antigen"), "tr.r", "Positive")
    assert verify(VERIFIER, seal(rapid, "icao.test")).tests == (TestResult(True, False, at),)
    assert verify(VERIFIER, seal(changed(TEST, "tr.tc", "Antibody"), "icao.test")).tests == ()
    assert verify(VERIFIER, seal(changed(TEST, "tr.r", "inconclusive"), "icao.test")).tests == ()


def test_the_order_of_members_and_white_space_do_not_change_the_verdict() -> None:
    import json

    assert outcome(VERIFIER, b"\n " + json.dumps(SEAL, indent=2).encode()) == "good"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("data.msg.ve.0.vd.0.seq", 2),
        ("data.msg.ve.0.vd.0.dvc", "2021-05-02"),
        ("data.msg.ve.0.nam", "Comirnaty"),
        ("data.msg.pid.n", "SOMEBODY ELSE"),
        ("data.msg.pid.n", ...),
        ("data.msg.extra", "x"),
        ("data.hdr.is", "UTO"),
        ("data.hdr.t", "icao.test"),
        ("data.extra", "x"),
    ],
)
def test_no_member_can_be_changed(path: str, value: object) -> None:
    assert outcome(VERIFIER, as_json(changed(SEAL, path, value))) == "vds_nc.signature"


def test_a_signer_under_another_root_is_not_trusted() -> None:
    stranger = SealIssuer("NZ")
    assert outcome(VERIFIER, as_json(stranger.sign("icao.vacc", MESSAGE))) == "vds_nc.root"
    namesake = SealIssuer("AU")
    assert outcome(VERIFIER, as_json(namesake.sign("icao.vacc", MESSAGE))) == "vds_nc.root"
    both = VdsNc(TrustList([namesake.trusted, ISSUER.trusted]))
    assert outcome(both, GOOD) == "good"


def test_a_forged_signature_with_a_genuine_certificate_is_refused() -> None:
    forged = SealIssuer("AU", ISSUER.authority_key).sign("icao.vacc", MESSAGE)
    assert outcome(VERIFIER, as_json(changed(SEAL, "sig.sigvl", forged["sig"]["sigvl"]))) == "vds_nc.signature"
    assert outcome(VERIFIER, as_json(changed(SEAL, "sig.sigvl", "AAAA"))) == "vds_nc.signature"


def test_a_signer_of_another_country_than_its_root_is_refused() -> None:
    odd = SealIssuer("AU", signer_country="NZ")
    assert outcome(VdsNc(TrustList([odd.trusted])), as_json(odd.sign("icao.vacc", MESSAGE))) == "vds_nc.country"


def test_an_authority_cannot_sign_a_seal() -> None:
    odd = SealIssuer("AU", signer_is_authority=True)
    assert "not for a signer" in outcome(VdsNc(TrustList([odd.trusted])), as_json(odd.sign("icao.vacc", MESSAGE)))


def test_certificates_outside_their_validity_are_refused() -> None:
    old = SealIssuer("AU", signer_days=(-3650, -3649))
    assert outcome(VdsNc(TrustList([old.trusted])), as_json(old.sign("icao.vacc", MESSAGE))) == "vds_nc.signer_dates"
    assert outcome(VERIFIER, GOOD, WallTime(NOW, sure=False)) == "vds_nc.clock"


def test_a_root_may_have_an_rsa_key() -> None:
    issuer = SealIssuer("SG", rsa.generate_private_key(65537, 2048))
    assert outcome(VdsNc(TrustList([issuer.trusted])), as_json(issuer.sign("icao.vacc", MESSAGE))) == "good"


def test_padded_base64url_is_read() -> None:
    padded = changed(SEAL, "sig.sigvl", SEAL["sig"]["sigvl"] + "==")
    assert outcome(VERIFIER, as_json(padded)) == "good"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("data", []),
        ("data.hdr", ...),
        ("data.hdr.t", "icao.fly"),
        ("data.hdr.v", 2),
        ("data.msg", ...),
        ("data.msg.ve.0.vd.0.seq", 1.0),
        ("data.msg.pid.n", "\ud800"),
        ("sig", ...),
        ("sig.alg", "none"),
        ("sig.alg", "ES512"),
        ("sig.cer", ...),
        ("sig.cer", "AAAA"),
        ("sig.cer", "é"),
        ("sig.cer", "x" * 9000),
        ("sig.sigvl", 7),
        ("sig.sigvl", "+/"),
    ],
)
def test_a_seal_of_a_wrong_shape_is_refused(path: str, value: object) -> None:
    import json

    assert outcome(VERIFIER, json.dumps(changed(SEAL, path, value)).encode()).startswith("bad: ")


def test_a_signer_with_another_kind_of_key_is_refused() -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    key = rsa.generate_private_key(65537, 2048)
    made = certificate_for(key, "AU", "x", issued_by=(ISSUER.authority_key, ISSUER.authority))
    encoded = base64.urlsafe_b64encode(made.public_bytes(Encoding.DER)).decode()
    assert "not for a signer" in outcome(VERIFIER, as_json(changed(SEAL, "sig.cer", encoded)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("ve", ...),
        ("ve", {}),
        ("ve.0", []),
        ("ve.0.vd", ...),
        ("ve.0.vd.0", []),
        ("ve.0.vd.0.seq", ...),
        ("ve.0.vd.0.seq", True),
        ("ve.0.vd.0.seq", 0),
        ("ve.0.vd.0.seq", 100),
        ("ve.0.vd.0.dvc", "soon"),
        ("ve.0.des", 7),
        ("ve.0.dis", []),
        ("ve.0.nam", []),
    ],
)
def test_a_signed_message_of_a_wrong_shape_is_refused(path: str, value: object) -> None:
    assert outcome(VERIFIER, seal(changed(MESSAGE, path, value))).startswith("incomplete: ")


@pytest.mark.parametrize(
    ("path", "value"), [("tr", ...), ("tr.tc", ...), ("tr.r", 7), ("dat", ...), ("dat.sc", "soon")]
)
def test_a_test_of_a_wrong_shape_is_refused(path: str, value: object) -> None:
    assert outcome(VERIFIER, seal(changed(TEST, path, value), "icao.test")).startswith("incomplete: ")


def test_other_vaccines_do_not_count() -> None:
    yellow_fever = changed(changed(MESSAGE, "ve.0.des", "XM0N24"), "ve.0.dis", "1D47")
    assert verify(VERIFIER, seal(yellow_fever)).doses == ()
    by_disease = changed(MESSAGE, "ve.0.des", "other")
    assert len(verify(VERIFIER, seal(by_disease)).doses) == 2
    unnamed = changed(changed(MESSAGE, "ve.0.nam", ...), "ve.0.vd.0.seq", "1")
    assert verify(VERIFIER, seal(unnamed)).doses[0].product == "XM68M6"
    assert verify(VERIFIER, seal(changed(MESSAGE, "pid", "x"))).holder.name == ""


def test_the_canonical_form_is_that_of_rfc_8785() -> None:
    assert canonical({"b": [1, "é\n\u2028"], "a": {"\U00010000": 1, "\uff5e": None}}) == (
        '{"a":{"\U00010000":1,"\uff5e":null},"b":[1,"é\\n\u2028"]}'.encode()
    )
    for value in (0.5, "\ud800"):
        with pytest.raises(BadCredential):
            canonical({"a": [value]})


def test_a_seal_truncated_at_any_length_is_refused() -> None:
    for length in range(len(GOOD)):
        assert outcome(VERIFIER, GOOD[:length]).startswith("bad: ")


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_without_another_exception(data: bytes) -> None:
    assert outcome(VERIFIER, data).startswith("bad: ")
    assert outcome(VERIFIER, b'{"data":' + data).startswith("bad: ")


def test_only_icaos_types_are_claimed() -> None:
    assert VERIFIER.claims(GOOD)
    assert not VERIFIER.claims(b'{"t":"other"}')
    assert not VERIFIER.claims(b'["icao.vacc"]')
    assert new_ec_key().key_size == 256


WITH_NULL, PLAIN = bytes.fromhex("300c06082a8648ce3d0403020500"), bytes.fromhex("300a06082a8648ce3d040302")


def with_null(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the certificate as Japan's issuer writes it: a NULL after both algorithms, and signed in that form."""
    signed = certificate.tbs_certificate_bytes
    content = signed[4 if signed[1] == 0x82 else 3 :].replace(PLAIN, WITH_NULL, 1)
    damaged = sequence(content)
    signature = b"\x00" + key.sign(damaged, ec.ECDSA(SHA256()))
    return sequence(damaged + WITH_NULL + bytes((3, len(signature))) + signature)


def test_a_signer_with_a_null_after_its_algorithm_is_read_and_its_signature_verified() -> None:
    key = ISSUER.authority_key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    der = with_null(ISSUER.signer, key)
    with pytest.raises(ValueError, match="parsing"):
        x509.load_der_x509_certificate(der)
    encoded = base64.urlsafe_b64encode(der).decode()
    assert outcome(VERIFIER, as_json(changed(SEAL, "sig.cer", encoded))) == "good"
    forged = base64.urlsafe_b64encode(with_null(ISSUER.signer, new_ec_key())).decode()
    assert outcome(VERIFIER, as_json(changed(SEAL, "sig.cer", forged))) == "vds_nc.root"
    rsa_root = SealIssuer("AU", rsa.generate_private_key(65537, 2048))
    assert not load_certificate(der).is_issued_by(rsa_root.authority)
    assert not load_certificate(der).is_issued_by(SealIssuer("NZ").authority)
    assert load_certificate(der).is_issued_by(ISSUER.authority)
    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(der) + b"\n-----END CERTIFICATE-----\n"
    [read] = certificates_in_pem(pem)
    assert load_certificate(read()).certificate.subject == ISSUER.signer.subject


def test_other_breaches_of_der_are_refused() -> None:
    key = ISSUER.authority_key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    der = with_null(ISSUER.signer, key)
    for broken in (der[:-1], der + b"\x00", der[1:], b"\x30\x80" + WITH_NULL, b"\x30\x0e" + WITH_NULL, WITH_NULL):
        with pytest.raises(ValueError):
            load_certificate(broken)
    at = der.rindex(WITH_NULL)
    for broken in (
        der[:at] + PLAIN + der[at + 14 :],
        der[: at + 14] + b"\x03" + der[at + 15 : at + 16] + b"\x01" + der[at + 17 :],
        der[:at] + b"\x31" + der[at + 1 :],
        der[:2] + b"\xff\xff" + der[4:],
        der[:2] + (int.from_bytes(der[2:4]) - 1).to_bytes(2) + der[4:],
    ):
        with pytest.raises(ValueError):
            load_certificate(broken)


def test_only_a_certificate_for_seals_signs_seals() -> None:
    passport = SealIssuer("AU", usages=())
    assert outcome(VdsNc(TrustList([passport.trusted])), as_json(passport.sign("icao.vacc", MESSAGE))) == (
        "vds_nc.key_purpose"
    )
    web = SealIssuer("AU", usages=("1.3.6.1.5.5.7.3.1",))
    assert outcome(VdsNc(TrustList([web.trusted])), as_json(web.sign("icao.vacc", MESSAGE))) == "vds_nc.key_purpose"


def test_the_list_of_document_types_is_used_without_a_key_usage() -> None:
    key, name = new_ec_key(), x509.Name([])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, NOW, NOW + timedelta(days=1))
    kinds = x509.UnrecognizedExtension(
        x509.ObjectIdentifier("2.23.136.1.1.6.2"), b"\x30\x09\x02\x01\x00\x31\x04\x13\x02NV"
    )
    assert is_seal_signer(builder.add_extension(kinds, critical=False).sign(key, SHA256()))
    other = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.23.136.1.1.6.2"), b"\x30\x00")
    assert not is_seal_signer(builder.add_extension(other, critical=False).sign(key, SHA256()))
    broken = x509.UnrecognizedExtension(x509.OID_EXTENDED_KEY_USAGE, b"\xff")
    assert not is_seal_signer(builder.add_extension(broken, critical=False).sign(key, SHA256()))
