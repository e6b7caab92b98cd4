"""The forms of lists of many issuers, and entries that cannot be used."""

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.credentials.judging.table import key_readers
from kiosk.credentials.trust.published_forms import read_trusted_keys
from kiosk.credentials.trust.published_list import PublishedList
from kiosk.errors import KioskError
from kiosk.simulator.issuers import DccIssuer, SealIssuer
from tests.credentials.trust.published import CARD, CSCA, DCC, ED25519, NOW, PEM, SPKI, form, jwk, read_keys

DER = DCC.certificate.public_bytes(Encoding.DER)
RAW = base64.b64encode(DER).decode()
CSCA_RAW = base64.b64encode(CSCA.public_bytes(Encoding.DER)).decode()
RSA2048 = rsa.generate_private_key(65537, 2048).public_key()
RSA1024 = rsa.generate_private_key(65537, 1024).public_key()


def read(data: bytes, scheme: str = "", issuer: str = "") -> PublishedList:
    return read_trusted_keys(data, key_readers(), scheme, issuer)


def reasons(found: PublishedList) -> dict[tuple[str, str], str]:
    return {(entry.issuer, entry.name): entry.reason for entry in found.unusable}


def text_of(number: int, size: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(size)).rstrip(b"=").decode()


def who(kind: str = "DSC", **jwk_members: Any) -> dict[str, Any]:
    """An entry as the WHO writes it, with a coordinate of 33 bytes."""
    point = DCC.certificate.public_key().public_numbers()  # type: ignore[union-attr]
    wide = {"kty": "EC", "kid": "in the list", "crv": "P-256", "x": text_of(point.x, 33), "y": text_of(point.y, 33)}  # type: ignore[union-attr]
    return {
        "id": f"did:web:example:DCC:IDN:{kind}#in the list",
        "type": "JsonWebKey2020",
        "keyusage": {"code": f"#{kind}"},
        "participant": {"code": "#IDN"},
        "publicKeyJwk": {**wide, **jwk_members},
    }


def test_the_certificate_in_the_whos_list_decides() -> None:
    listed = [who(x5c=[RAW, CSCA_RAW]), who(kind="CSCA", x5c=[CSCA_RAW]), who(x="AAAA")]
    found = read(form({"verificationMethod": listed}))
    assert found.keys == (DCC.trusted,)
    assert reasons(found) == {
        ("IDN", "in the list"): "key is not a point of P-256",
    } | {("IDN", "in the list"): found.unusable[-1].reason}
    assert [entry.reason for entry in found.unusable] == [
        "key of the kind CSCA, which signs no credentials",
        "key is not a point of P-256",
    ]


def test_a_key_of_the_whos_list_without_a_certificate_is_read_with_its_wide_coordinates() -> None:
    found = read(form({"verificationMethod": [who(), {"id": "did:x#2"}, "odd"]}))
    [key] = found.keys
    assert (key.scheme, key.issuer, key.key_id) == ("eu_dcc", "IDN", "in the list")
    assert key.key == DCC.certificate.public_key()
    assert reasons(found) == {
        ("", "2"): "member 'publicKeyJwk' is missing or has an unknown value",
        ("", "entry 3"): "entry cannot be read: string indices must be integers, not 'str'",
    }
    bare = {"id": "did:x#1", "publicKeyJwk": {**jwk(), "crv": "P-256"}}
    assert read(form({"verificationMethod": [bare]})).keys[0].issuer == ""


def test_a_key_that_its_publisher_made_for_another_purpose_is_named() -> None:
    listed = [
        who(use="sig", key_ops=["verify"]),
        who(use="enc"),
        who(key_ops=["encrypt", "wrapKey"]),
        who(key_ops="verify"),
    ]
    found = read(form({"verificationMethod": listed}))
    assert len(found.keys) == 1
    assert [entry.reason for entry in found.unusable] == [
        "key is for the use 'enc', and not for signatures ('sig')",
        "key is for the operations ['encrypt', 'wrapKey'], and not to verify signatures ('verify')",
        "key is for the operations 'verify', and not to verify signatures ('verify')",
    ]


def test_an_rsa_key_and_other_types_of_json_web_keys() -> None:
    numbers, small = RSA2048.public_numbers(), RSA1024.public_numbers()
    listed = [
        who(kty="RSA", e="AQAB", n=text_of(numbers.n, 256)),
        who(kty="RSA", e="AQAB", n=text_of(small.n, 128)),
        who(kty="OKP", crv="Ed25519"),
        who(crv="UNKNOWN CURVE"),
    ]
    found = read(form({"verificationMethod": listed}))
    assert [key.key for key in found.keys] == [RSA2048]
    assert [entry.reason for entry in found.unusable] == [
        "key is neither P-256, RSA of 2048 to 4096 bits nor Ed25519",
        "key is neither of type EC nor RSA",
        "key is not on P-256",
    ]


def test_a_private_key_anywhere_in_a_list_refuses_the_whole_file() -> None:
    with pytest.raises(KioskError, match="private key; take it off"):
        read(form({"verificationMethod": [who(x5c=[RAW]), who(d="AAAA")]}))


def test_bad_entries_do_not_cost_the_others_their_keys() -> None:
    entries = [
        {"kid": "1", "country": "ID", "rawData": RAW},
        {"kid": "2", "country": "FR", "rawData": "AAAA"},
        {"kid": "3", "country": "DE"},
        7,
    ]
    found = read(form({"certificates": entries}))
    assert found.keys == (DCC.trusted,)
    assert list(reasons(found)) == [("FR", "2"), ("DE", "3"), ("", "entry 4")]
    by_id = {
        "AAAA": [{"subjectPk": SPKI, "ian": "IDN"}],
        "BBBB": [{"subjectPk": SPKI, "ian": "IDN", "keyUsage": ["z"]}],
        "CCCC": None,
    }
    found = read(form({"eu_keys": by_id}))
    assert (len(found.keys), list(reasons(found))) == (1, [("IDN", "BBBB"), ("", "entry 3")])


def test_the_list_of_the_gateway_with_its_signature_or_as_an_array_is_read() -> None:
    signature = base64.b64encode(bytes(64))
    assert read(signature + b"\n" + form({"certificates": [{"rawData": RAW}]})).keys == (DCC.trusted,)
    signer = {"kid": "1", "country": "ID", "certificateType": "DSC", "rawData": RAW}
    authority = {"kid": "2", "country": "ID", "certificateType": "CSCA", "rawData": CSCA_RAW}
    found = read(b"\xef\xbb\xbf" + form([signer, authority]))
    assert found.keys == (DCC.trusted,)
    assert reasons(found) == {("ID", "2"): "key of the kind CSCA, which signs no credentials"}
    with pytest.raises(KioskError, match="neither PEM"):
        read(b"a line of another kind\n" + form({"certificates": [{"rawData": RAW}]}))


def test_the_keys_of_the_united_kingdom_are_read() -> None:
    listed = form([{"kid": "S2V5MQ==", "publicKey": SPKI}, {"kid": "S2V5Mg==", "publicKey": "AAAA"}])
    found = read(listed)
    [key] = found.keys
    assert (key.scheme, key.issuer, key.key_id) == ("eu_dcc", "GB", "S2V5MQ==")
    assert list(reasons(found)) == [("GB", "S2V5Mg==")]
    assert read(listed, issuer="IM").keys[0].issuer == "IM"


def test_a_certificate_or_public_key_in_der_is_read() -> None:
    assert read(DER).keys == (DCC.trusted,)
    assert read(CSCA.public_bytes(Encoding.DER), scheme="vds_nc").keys[0].scheme == "vds_nc"
    key = ED25519.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert read(key, issuer="did:demo").keys[0].key == ED25519
    with pytest.raises(KioskError, match="certificate cannot be read"):
        read(DER[:-1])


def test_one_scheme_can_be_demanded_of_a_json_document() -> None:
    with pytest.raises(KioskError, match="not known here for divoc"):
        read(form({"certificates": [{"rawData": RAW}]}), scheme="divoc")
    with pytest.raises(KioskError, match="neither publicKeyPem"):
        read(form({"verificationMethod": [who(x5c=[RAW])]}), scheme="divoc")


def test_a_signer_that_is_marked_as_an_authority_but_may_sign_no_certificates_needs_no_scheme() -> None:
    def certificate(**usages: bool) -> bytes:
        issuer = DccIssuer("ID")
        names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        others = ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
        usage = x509.KeyUsage(**{name: usages.get(name, False) for name in (*names, *others)})
        builder = (
            x509.CertificateBuilder(issuer.certificate.issuer, issuer.certificate.subject, issuer.key.public_key(), 7)
            .not_valid_before(NOW)
            .not_valid_after(issuer.certificate.not_valid_after_utc)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
        )
        return builder.sign(issuer.key, SHA256()).public_bytes(Encoding.PEM)

    assert read(certificate(digital_signature=True)).keys[0].scheme == "eu_dcc"
    for usages in ({"digital_signature": True, "key_cert_sign": True}, {"crl_sign": True}):
        with pytest.raises(KioskError, match="give --scheme"):
            read(certificate(**usages))


def test_a_bundle_names_each_certificate_that_it_cannot_use() -> None:
    broken = b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"
    found = read(PEM["dcc"] + broken + PEM["csca"] + SealIssuer("SG").authority.public_bytes(Encoding.PEM))
    assert found.keys == (DCC.trusted,)
    assert [entry.name for entry in found.unusable] == ["entry 2", "entry 3", "entry 4"]


def test_the_directory_leaves_out_issuers_and_keys_that_cannot_be_used() -> None:
    good = {"issuer": {"iss": CARD.issuer}, "keys": [jwk(), jwk(kid="r", kty="RSA"), jwk(kid="e", use="enc"), 5]}
    unknown = {
        "issuer": {"iss": "https://b"},
        "keys": [jwk(kid="b")],
        "crls": [{"kid": "b", "method": "x", "rids": []}],
    }
    found = read(form({"issuerInfo": [good, unknown, {"issuer": {}}, "odd"]}))
    assert [key.key_id for key in found.keys] == [CARD.key_id]
    assert reasons(found) == {
        (CARD.issuer, "r"): "key is not on P-256",
        (CARD.issuer, "e"): "key is not for signatures",
        ("", "entry 4"): "entry cannot be read: 'int' object has no attribute 'get'",
        ("https://b", "b"): "revocation list of its issuer has the unknown method 'x'",
        ("", "issuer 3"): "it has no name ('iss') or no list of keys",
        ("", "issuer 4"): "it has no name ('iss') or no list of keys",
    }


def test_the_registry_of_pathcheck_is_read() -> None:
    name = base64.b64encode(b"Indonesia").decode()
    ed25519 = base64.b64encode(ED25519.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    rows = [
        f"DCC,AAAA,current,{name},,2021-01-01T08:00:00.000Z,2023-01-01T08:00:00,{SPKI},",
        f"DCC,BBBB,terminated,{name},,,,{SPKI},",
        "",
        f"SHC,https://a/#b#{CARD.key_id},current,{name},,,,{SPKI},",
        f"DIVOC,did:indonesia,current,{name},,,,{ed25519},",
        f"ICAO,CSCA,current,{name},,,,{SPKI},",
        f"CRED,KEYS.EXAMPLE,current,{name},,,,{SPKI},",
        "DCC,CCCC,current",
        "DCC",
    ]
    found = read("\r\n".join(rows).encode())
    assert [(key.scheme, key.issuer, key.key_id) for key in found.keys] == [
        ("eu_dcc", "Indonesia", "AAAA"),
        ("smart_health_card", "https://a/#b", CARD.key_id),
        ("divoc", "did:indonesia", "did:indonesia"),
    ]
    assert found.keys[0].not_after is not None
    assert found.keys[0].not_after.isoformat() == "2023-01-01T08:00:00+00:00"
    assert reasons(found) == {
        ("Indonesia", "BBBB"): "key is marked as 'terminated'",
        ("Indonesia", "CSCA"): "key of the framework ICAO; import the root certificate itself",
        ("Indonesia", "KEYS.EXAMPLE"): "key of the framework CRED; no scheme uses it",
        ("", "CCCC"): "row has fewer than 8 columns",
        ("", "entry 8"): found.unusable[-1].reason,
    }
    assert [key.scheme for key in read("\n".join(rows).encode(), scheme="divoc").keys] == ["divoc"]


def test_a_did_document_names_its_bad_keys() -> None:
    pem = ED25519.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    found = read(form({"verificationMethod": [{"id": "did:a", "publicKeyPem": pem}, {"id": "did:b"}]}))
    assert reasons(found) == {("", "did:b"): "key has neither publicKeyPem nor publicKeyBase58"}
    assert read_keys(form({"verificationMethod": [{"id": "did:a", "publicKeyPem": pem}]})) == list(found)
