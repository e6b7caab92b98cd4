import base64
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from kiosk.credentials.judging.table import key_readers, schemes_with_keys
from kiosk.credentials.schemes.divoc.published_keys import base58
from kiosk.credentials.trust.certificates import country_of, dcc_key, is_authority, root_key
from kiosk.credentials.trust.published_forms import read_trusted_keys
from kiosk.credentials.trust.trust_files import KeyList, read_lists, trust_of, write_list
from kiosk.credentials.trust.trust_list import Purpose, TrustedKey, TrustList
from kiosk.errors import KioskError
from kiosk.office.trust_import import import_list, list_keys, verify_lists
from kiosk.simulator.issuers import CardIssuer, DccIssuer, SealIssuer, certificate_for, new_ec_key

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
DCC = DccIssuer("ID", usages=("1.3.6.1.4.1.1847.2021.1.2",))
CSCA = SealIssuer("AU").authority
ED25519 = Ed25519PrivateKey.generate().public_key()
PEM = {
    "dcc": DCC.certificate.public_bytes(Encoding.PEM),
    "csca": CSCA.public_bytes(Encoding.PEM),
    "divoc": ED25519.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
}
SPKI = base64.b64encode(DCC.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
CARD = CardIssuer("https://demo.example")


def jwk(**changes: Any) -> dict[str, Any]:
    point = CARD.key.public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(n.to_bytes(32)).rstrip(b"=").decode() for n in (point.x, point.y))
    return {"kty": "EC", "kid": CARD.key_id, "use": "sig", "crv": "P-256", "x": x, "y": y, **changes}


def read_keys(data: bytes, scheme: str = "", issuer: str = "") -> list[TrustedKey]:
    return read_trusted_keys(data, key_readers(), scheme, issuer)


def form(document: object) -> bytes:
    return json.dumps(document).encode()


def test_certificates_say_country_purpose_and_validity() -> None:
    [key] = read_keys(PEM["dcc"])
    assert (key.scheme, key.issuer, key.key_id) == ("eu_dcc", "ID", DCC.trusted.key_id)
    assert key.purposes == {Purpose.VACCINATION}
    assert key.not_after == DCC.certificate.not_valid_after_utc
    [root] = read_keys(PEM["csca"])
    assert (root.scheme, root.issuer) == ("vds_nc", "AU")
    assert len(read_keys(PEM["dcc"] + DccIssuer("SG").certificate.public_bytes(Encoding.PEM))) == 2
    assert read_keys(PEM["csca"], scheme="eu_dcc")[0].scheme == "eu_dcc"


def test_public_keys_in_pem_need_their_issuer() -> None:
    [key] = read_keys(PEM["divoc"], issuer="did:demo")
    assert (key.scheme, key.issuer, key.key_id, key.key) == ("divoc", "did:demo", "did:demo", ED25519)
    with pytest.raises(KioskError, match="names no issuer"):
        read_keys(PEM["divoc"])


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
    crls = [{"kid": CARD.key_id, "rids": ["AAAA", "BBBB.1636977600"]}]
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
RSA1024 = rsa.generate_private_key(65537, 1024).public_key()


@pytest.mark.parametrize(
    ("data", "scheme", "issuer", "message"),
    [
        (b"", "", "", "neither PEM nor JSON"),
        (b"{", "", "", "cannot be read"),
        (b"[" * 100_000, "", "", "cannot be read"),
        (b"[]", "", "", "form that is not known"),
        (b'{"other": 1}', "", "", "form that is not known"),
        (b'{"certificates": []}', "", "", "no keys found"),
        (b'{"certificates": [{}]}', "", "", "cannot be read"),
        (b'{"certificates": [{"rawData": "AAAA", "kid": "k", "country": "ID"}]}', "", "", "certificate k of ID"),
        (b'{"keys": []}', "", "", "names no issuer"),
        (form({"keys": [jwk(crv="P-384")]}), "", "https://x", "not on P-256"),
        (form({"keys": [jwk(x="AAAA")]}), "", "https://x", "not a point"),
        (form({"keys": [jwk(x=7)]}), "", "https://x", "cannot be read"),
        (form({"verificationMethod": [{"id": "did:x"}]}), "", "", "neither publicKeyPem"),
        (form({"eu_keys": {"A": [{"subjectPk": "AAAA"}]}}), "", "", "cannot be read"),
        (PEM["dcc"], "passport", "", "is not one of"),
        (PEM["dcc"], "divoc", "", "no form of keys for 'divoc'"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "", "", "certificate 1 cannot be read"),
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
def test_what_cannot_be_used_is_told(data: bytes, scheme: str, issuer: str, message: str) -> None:
    with pytest.raises(KioskError, match=message):
        read_keys(data, scheme, issuer)


def test_certificates_of_other_keys_and_without_country_are_told() -> None:
    p384 = ec.generate_private_key(ec.SECP384R1())
    with pytest.raises(KioskError, match="neither P-256"):
        dcc_key(certificate_for(p384, "ID", "x"), "eu_dcc")
    nameless = x509.Name([])
    builder = x509.CertificateBuilder(nameless, nameless, DCC.key.public_key(), 7, NOW, NOW + timedelta(days=1))
    bare = builder.sign(DCC.key, SHA256())
    assert (country_of(bare), is_authority(bare)) == ("", False)
    assert dcc_key(bare, "eu_dcc", "ID").issuer == "ID"
    with pytest.raises(KioskError, match="names no country"):
        root_key(bare, "vds_nc")


def stored(folder: Path, at: datetime = NOW, name: str = "main") -> KeyList:
    made = KeyList("eu_dcc", name, at, (DCC.trusted,))
    write_list(folder, made)
    return made


def test_what_was_written_is_read(tmp_path: Path) -> None:
    seal = KeyList("vds_nc", "main", NOW, (root_key(CSCA, "vds_nc"),))
    card = KeyList("smart_health_card", "vci", NOW, (CardIssuer("https://x", revoked=frozenset({"A"})).trusted,))
    dcc = stored(tmp_path / "trust")
    write_list(tmp_path / "trust", seal)
    write_list(tmp_path / "trust", card)
    assert read_lists(tmp_path / "trust", schemes_with_keys()) == [dcc, card, seal]
    assert sorted(path.name for path in (tmp_path / "trust").iterdir()) == [
        "eu_dcc.main.json",
        "smart_health_card.vci.json",
        "vds_nc.main.json",
    ]


def test_no_folder_is_no_list(tmp_path: Path) -> None:
    assert read_lists(tmp_path / "nowhere", schemes_with_keys()) == []


def test_a_list_is_replaced_whole(tmp_path: Path) -> None:
    stored(tmp_path)
    write_list(tmp_path, KeyList("eu_dcc", "main", NOW, (DccIssuer("SG").trusted,)))
    assert [key.issuer for keys in read_lists(tmp_path, schemes_with_keys()) for key in keys.keys] == ["SG"]


def test_a_draft_that_a_power_cut_left_is_not_read(tmp_path: Path) -> None:
    made = stored(tmp_path)
    (tmp_path / ".eu_dcc.main.json.new").write_text("{half")
    assert read_lists(tmp_path, schemes_with_keys()) == [made]


def test_keys_know_the_age_of_their_list(tmp_path: Path) -> None:
    stored(tmp_path)
    trust = trust_of(read_lists(tmp_path, schemes_with_keys()), timedelta(days=30))
    [key] = trust.find("eu_dcc", DCC.trusted.key_id)
    assert trust.is_fresh(key, NOW + timedelta(days=30))
    assert not trust.is_fresh(key, NOW + timedelta(days=31))
    assert len(trust) == 1
    assert trust.find("divoc", DCC.trusted.key_id) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"scheme": "other"},
        {"name": "../x"},
        {"imported_utc": "2026-01-05"},
        {"imported_utc": "soon"},
        {"keys": 7},
        {"keys": [{}]},
        {"keys": [{"key_id": "x", "spki": "AAAA"}]},
        {"name": "other"},
    ],
)
def test_a_list_that_was_damaged_is_told_and_not_used(tmp_path: Path, change: dict[str, Any]) -> None:
    stored(tmp_path)
    path = tmp_path / "eu_dcc.main.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(KioskError, match=r"eu_dcc\.main\.json"):
        read_lists(tmp_path, schemes_with_keys())


def test_all_lists_that_cannot_be_used_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[")
    (tmp_path / "b.json").mkdir()
    path = tmp_path / "eu_dcc.main.json"
    stored(tmp_path)
    path.chmod(0o666)
    with pytest.raises(KioskError) as caught:
        read_lists(tmp_path, schemes_with_keys())
    assert [line.split("'")[1].rsplit("/", 1)[1] for line in str(caught.value).splitlines()] == [
        "a.json",
        "b.json",
        "eu_dcc.main.json",
    ]


def test_a_list_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    made = stored(tmp_path)
    with pytest.raises(KioskError, match="is not named by"):
        write_list(tmp_path, KeyList("eu_dcc", "../x", NOW, ()))
    (tmp_path / "file").write_text("")
    with pytest.raises(KioskError, match="cannot be written"):
        write_list(tmp_path / "file", made)
    assert read_lists(tmp_path, schemes_with_keys()) == [made]


def test_import_tells_what_changed(tmp_path: Path) -> None:
    source, folder = tmp_path / "dsc.pem", tmp_path / "trust"
    source.write_bytes(PEM["dcc"])
    report, code = import_list(source, folder, NOW)
    assert report.splitlines()[0] == "eu_dcc 'main': 1 keys of 1 issuers, a new list"
    source.write_bytes(DccIssuer("SG").certificate.public_bytes(Encoding.PEM))
    report, code = import_list(source, folder, NOW)
    assert report.splitlines()[0] == "eu_dcc 'main': 1 keys of 1 issuers; 1 new, 1 no longer trusted"
    assert code == 0


def test_import_refuses_a_mixture_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    source = tmp_path / "mixed.pem"
    source.write_bytes(PEM["dcc"] + PEM["csca"])
    with pytest.raises(KioskError, match="give one with --scheme"):
        import_list(source, tmp_path / "trust", NOW)
    with pytest.raises(KioskError, match="cannot be read"):
        import_list(tmp_path / "none", tmp_path / "trust", NOW)
    with (tmp_path / "huge").open("wb") as file:
        os.truncate(file.fileno(), 40_000_000)
    with pytest.raises(KioskError, match="larger than"):
        import_list(tmp_path / "huge", tmp_path / "trust", NOW)
    assert not (tmp_path / "trust").exists()


def test_the_list_of_lists(tmp_path: Path) -> None:
    assert "no signature is trusted" in list_keys(tmp_path, NOW)[0]
    stored(tmp_path)
    assert list_keys(tmp_path, NOW)[0].splitlines() == [
        "eu_dcc 'main': 1 keys, imported 2026-01-05 (today)",
        "  ID                       1 key",
    ]
    write_list(tmp_path, KeyList("divoc", "two", NOW, tuple(read_keys(PEM["divoc"], issuer="did:x")) * 2))
    assert "3 days ago" in list_keys(tmp_path, NOW + timedelta(days=3))[0]
    assert "2 keys" in list_keys(tmp_path, NOW)[0]


def test_verify_tells_who_would_be_refused(tmp_path: Path) -> None:
    assert verify_lists(tmp_path, NOW, 30, refers=True)[1] == 1
    stored(tmp_path)
    assert verify_lists(tmp_path, NOW, 30, refers=True) == ("all lists are in order", 0)
    report, code = verify_lists(tmp_path, NOW + timedelta(days=31), 30, refers=True)
    assert (code, "refused as untrusted_issuer" in report) == (1, True)
    report, code = verify_lists(tmp_path, NOW + timedelta(days=31), 30, refers=False)
    assert (code, "still accepted" in report) == (1, True)
    assert "in the future" in verify_lists(tmp_path, NOW - timedelta(days=2), 30, refers=True)[0]


def test_verify_tells_keys_that_lapsed_or_will(tmp_path: Path) -> None:
    old = dcc_key(certificate_for(new_ec_key(), "SG", "x", days=(-30, -1), now=NOW), "eu_dcc")
    new = dcc_key(certificate_for(new_ec_key(), "SG", "x", days=(-30, 5), now=NOW), "eu_dcc")
    gone = dcc_key(certificate_for(new_ec_key(), "MY", "x", days=(-30, -1), now=NOW), "eu_dcc")
    write_list(tmp_path, KeyList("eu_dcc", "main", NOW, (old, new, gone)))
    report, code = verify_lists(tmp_path, NOW, 30, refers=True)
    assert report.splitlines() == [
        "eu_dcc MY: refused, all 1 keys are outside their validity",
        "eu_dcc SG: 1 of 2 keys are outside their validity",
        "eu_dcc SG: 1 of 2 keys lapse within 14 days",
    ]
    assert code == 0
    write_list(tmp_path, KeyList("eu_dcc", "main", NOW, (gone,)))
    assert verify_lists(tmp_path, NOW, 30, refers=True)[1] == 1


def test_no_key_is_trusted_until_a_site_imports_one() -> None:
    assert len(TrustList([])) == 0


def test_a_certificate_whose_extensions_cannot_be_read_may_be_an_authoritys() -> None:
    key, now = new_ec_key(), datetime(2026, 1, 1, tzinfo=UTC)
    name = x509.Name([])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + timedelta(days=1))
    broken = x509.UnrecognizedExtension(x509.OID_BASIC_CONSTRAINTS, b"\xff")
    assert is_authority(builder.add_extension(broken, critical=True).sign(key, SHA256()))


def test_only_an_authority_is_imported_as_a_root() -> None:
    seals = SealIssuer("AU")
    assert root_key(seals.authority, "vds_nc").issuer == "AU"
    with pytest.raises(KioskError, match="no authority"):
        root_key(seals.signer, "vds_nc")
