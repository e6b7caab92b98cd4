import base64
from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from kiosk.credentials.schemes.divoc.published_keys import base58
from kiosk.credentials.trust.published_forms import read_signer
from kiosk.credentials.trust.trust_list import Purpose
from kiosk.errors import KioskError
from kiosk.simulator.issuers import DccIssuer, certificate_for, new_ec_key
from tests.credentials.trust.published import CARD, CSCA, DCC, ED25519, PEM, SPKI, form, jwk, read_keys


def test_a_certificate_gives_issuer_purposes_and_validity() -> None:
    [key] = read_keys(PEM["dcc"])
    assert (key.scheme, key.issuer, key.key_id) == ("eu_dcc", "ID", DCC.trusted.key_id)
    assert key.purposes == {Purpose.VACCINATION}
    assert key.not_after == DCC.certificate.not_valid_after_utc
    [root] = read_keys(PEM["csca"], scheme="vds_nc")
    assert (root.scheme, root.issuer) == ("vds_nc", "AU")
    assert len(read_keys(PEM["dcc"] + DccIssuer("SG").certificate.public_bytes(Encoding.PEM))) == 2


def test_the_certificate_of_an_authority_is_no_document_signer() -> None:
    with pytest.raises(
        KioskError, match=r"authority \(CSCA\): .* import the certificate of the document signer \(DSC\)"
    ):
        read_keys(PEM["csca"], scheme="eu_dcc")


def test_a_public_key_in_pem_needs_its_issuer() -> None:
    [key] = read_keys(PEM["divoc"], issuer="did:demo")
    assert (key.scheme, key.issuer, key.key_id, key.key) == ("divoc", "did:demo", "did:demo", ED25519)
    with pytest.raises(KioskError, match="names no issuer"):
        read_keys(PEM["divoc"])


def test_a_certificate_of_an_authority_needs_its_scheme() -> None:
    """India publishes DIVOC's key in a self-signed certificate, which looks like the root of a country's seals."""
    with pytest.raises(KioskError, match="give --scheme vds_nc"):
        read_keys(PEM["csca"], issuer="did:india")
    [key] = read_keys(PEM["csca"], scheme="divoc", issuer="did:india")
    assert (key.scheme, key.issuer, key.key_id) == ("divoc", "did:india", "did:india")


@pytest.mark.parametrize("scheme", ["", "eu_dcc", "vds_nc"])
@pytest.mark.parametrize("certificate", [DCC.certificate, CSCA])
@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_a_certificate_with_a_flipped_bit_is_read_or_refused(certificate: x509.Certificate, scheme: str) -> None:
    der = certificate.public_bytes(Encoding.DER)
    for bit in range(0, 8 * len(der), 5):
        flipped = bytearray(der)
        flipped[bit // 8] ^= 1 << bit % 8
        pem = b"-----BEGIN CERTIFICATE-----\n%b-----END CERTIFICATE-----" % base64.encodebytes(flipped)
        with suppress(KioskError):
            read_keys(pem, scheme)


def test_the_gateways_list_is_read() -> None:
    raw = base64.b64encode(DCC.certificate.public_bytes(Encoding.DER)).decode()
    [key] = read_keys(form({"certificates": [{"kid": "x", "country": "ID", "rawData": raw}]}))
    assert key == DCC.trusted


def test_a_list_by_key_id_is_read() -> None:
    entry = {"subjectPk": SPKI, "ian": "IDN", "keyUsage": ["v", "t"]}
    [key] = read_keys(form({"eu_keys": {"AAAA": [entry]}}))
    assert (key.issuer, key.key_id, key.purposes) == ("IDN", "AAAA", {Purpose.VACCINATION, Purpose.TEST})


def test_a_key_set_and_the_directory_are_read() -> None:
    [key] = read_keys(form({"keys": [jwk(), jwk(kty="RSA"), jwk(use="enc")]}), issuer=CARD.issuer)
    assert (key.scheme, key.issuer, key.key_id) == ("smart_health_card", CARD.issuer, CARD.key_id)
    crls = [{"kid": CARD.key_id, "method": "rid", "rids": ["AAAA", "BBBB.1636977600"]}]
    [key] = read_keys(form({"issuerInfo": [{"issuer": {"iss": CARD.issuer}, "keys": [jwk()], "crls": crls}]}))
    assert key.revoked == {"AAAA", "BBBB.1636977600"}
    [key] = read_keys(form({"issuerInfo": [{"issuer": {"iss": CARD.issuer}, "keys": [jwk()]}]}))
    assert key.revoked == frozenset()


def test_a_did_document_is_read() -> None:
    pem = ED25519.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    short = "1" + "2" * 3
    [key] = read_keys(form({"verificationMethod": [{"id": "did:demo#1", "publicKeyPem": pem}]}))
    assert (key.scheme, key.key_id) == ("divoc", "did:demo#1")
    assert base58(short) == bytes(1) + (58**2 + 58 + 1).to_bytes(2)
    with pytest.raises(KioskError):
        read_keys(form({"publicKey": [{"id": "did:demo", "publicKeyBase58": short}]}))


def test_a_short_key_in_base58_is_read() -> None:
    raw = ED25519.public_bytes(Encoding.Raw, PublicFormat.Raw)
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, text = int.from_bytes(raw), ""
    while number:
        number, rest = divmod(number, 58)
        text = alphabet[rest] + text
    text = "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text
    assert read_keys(form({"publicKey": [{"id": "did:x", "publicKeyBase58": text}]}))[0].key == ED25519


P384 = certificate_for(new_ec_key(), "ID", "x")
DIRECTORY = {"issuer": {"iss": CARD.issuer}, "keys": [jwk()]}
UNKNOWN_CRL = {"kid": CARD.key_id, "method": "hash", "rids": ["AAAA"]}
RSA1024 = rsa.generate_private_key(65537, 1024).public_key()


@pytest.mark.parametrize(
    ("data", "scheme", "issuer", "message"),
    [
        (b"", "", "", "neither PEM, DER, JSON nor"),
        (b"{", "", "", "cannot be read"),
        (b"[" * 100_000, "", "", "cannot be read"),
        (b"[]", "", "", "form that is not known"),
        (b'{"other": 1}', "", "", "form that is not known"),
        (b'{"certificates": []}', "", "", "no keys found"),
        (b'{"certificates": [{}]}', "", "", "entry 1: member 'rawData' is missing"),
        (
            b'{"certificates": [{"rawData": "AAAA", "kid": "k", "country": "ID"}]}',
            "",
            "",
            "ID, k: entry cannot be read",
        ),
        (b'{"keys": []}', "", "", "names no issuer"),
        (form({"keys": [jwk(crv="P-384")]}), "", "https://x", "not on P-256"),
        (form({"keys": [jwk(x="AAAA")]}), "", "https://x", "not a point"),
        (form({"keys": [jwk(x=7)]}), "", "https://x", "x is"),
        (form({"verificationMethod": [{"id": "did:x"}]}), "", "", "neither publicKeyPem"),
        (form({"eu_keys": {"A": [{"subjectPk": "AAAA"}]}}), "", "", "A: entry cannot be read"),
        (b"DCC," + b"x" * 200_000, "", "", "field larger than field limit"),
        (PEM["dcc"], "passport", "", "is not one of"),
        (PEM["dcc"], "smart_health_card", "", "no form of keys for 'smart_health_card'"),
        (PEM["dcc"], "divoc", "", "give --issuer, such as did:india"),
        (form({"keys": [jwk(d="AAAA")]}), "", "https://x", "is a private key; take it off"),
        (form({"issuerInfo": [{**DIRECTORY, "crls": [UNKNOWN_CRL]}]}), "", "", "unknown method 'hash'"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "", "", "entry 1: entry cannot be read"),
        (b"-----BEGIN CERTIFICATE-----", "", "", "no PEM certificates"),
        (b"x" * 32_000_001, "", "", "larger than"),
        (RSA1024.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), "", "did:x", "neither P-256"),
        (
            new_ec_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "",
            "did:x",
            "private key; take it off",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_cause(
    data: bytes, scheme: str, issuer: str, message: str
) -> None:
    with pytest.raises(KioskError, match=message):
        read_keys(data, scheme, issuer)


def test_the_key_of_a_publisher_is_a_public_key_or_a_certificate() -> None:
    assert read_signer(PEM["divoc"]) == ED25519
    assert read_signer(PEM["dcc"]) == DCC.certificate.public_key()
    for wrong in (b"", b"a list", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"):
        with pytest.raises(KioskError, match="key of the publisher is neither a public key nor a certificate in PEM"):
            read_signer(wrong)
