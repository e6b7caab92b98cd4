import base64
import io
import json
import os
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.credentials.judging.table import schemes_with_keys
from kiosk.credentials.trust.trust_files import read_lists
from kiosk.errors import KioskError
from kiosk.office.trust_import import MAX_NAMES, import_list
from kiosk.office.trust_reports import list_keys
from kiosk.simulator.issuers import DccIssuer, certificate_for, new_ec_key
from tests.credentials.trust.published import CARD, CSCA, DCC, NOW, PEM, SPKI, form, jwk


def test_the_import_reports_the_change(tmp_path: Path) -> None:
    source, folder = tmp_path / "dsc.pem", tmp_path / "trust"
    source.write_bytes(PEM["dcc"])
    lines = import_list(source, folder, NOW).text().splitlines()
    assert lines[:3] == [
        "1 entries read",
        "eu_dcc 'main': 1 keys of 1 issuers can be used now; a new list",
        "  usable now, 1: ID 1",
    ]
    source.write_bytes(DccIssuer("SG").certificate.public_bytes(Encoding.PEM))
    lines = import_list(source, folder, NOW).text().splitlines()
    assert lines[1] == "eu_dcc 'main': 1 keys of 1 issuers can be used now; 1 new, 1 no longer trusted"


def test_every_entry_is_usable_expired_not_yet_valid_or_named_with_the_reason(tmp_path: Path) -> None:
    source = tmp_path / "list.pem"
    ended = certificate_for(new_ec_key(), "SG", "x", days=(-30, -1), now=NOW).public_bytes(Encoding.PEM)
    later = certificate_for(new_ec_key(), "MY", "x", days=(5, 30), now=NOW).public_bytes(Encoding.PEM)
    source.write_bytes(PEM["dcc"] + ended + later + PEM["csca"])
    report = import_list(source, tmp_path / "trust", NOW)
    assert "expired, 1: SG 1" in report.text()
    assert "not yet valid, 1: MY 1" in report.text()
    assert "not usable, 1: this is the certificate of an authority" in report.text()
    assert "  (no issuer): entry 4" in report.text()
    found = json.loads(report.json())
    assert found["entries"] == 4
    [stored] = found["lists"]
    assert [stored[state]["keys"] for state in ("usable", "expired", "not_yet_valid")] == [1, 1, 1]
    assert [entry["name"] for entry in found["unusable"]] == ["entry 4"]


def test_a_stored_list_that_cannot_be_read_is_replaced(tmp_path: Path) -> None:
    source, folder = tmp_path / "dsc.pem", tmp_path / "trust"
    source.write_bytes(PEM["dcc"])
    folder.mkdir()
    (folder / "eu_dcc.main.json").write_text("{")
    assert "1 keys of 1 issuers can be used now; a new list" in import_list(source, folder, NOW).text()
    assert [len(stored.keys) for stored in read_lists(folder, schemes_with_keys())] == [1]


def test_a_foreign_name_cannot_control_the_terminal(tmp_path: Path) -> None:
    source = tmp_path / "keys.json"
    source.write_bytes(form({"keys": [jwk(), jwk(kid="\x1b[2J\ud800", kty="RSA")]}))
    text = import_list(source, tmp_path / "trust", NOW, issuer="https://a\n  usable now, 99: ID 99").text()
    assert "usable now, 1: https://a?  usable now, 99: ID 99 1" in text
    assert "?[2J?" in text
    assert "https://a?  usable now, 99: ID 99 1 key" in list_keys(tmp_path / "trust", NOW)[0]


def test_a_list_whose_keys_have_all_expired_is_imported_with_a_warning(tmp_path: Path) -> None:
    source = tmp_path / "list.pem"
    source.write_bytes(certificate_for(new_ec_key(), "SG", "x", days=(-30, -1), now=NOW).public_bytes(Encoding.PEM))
    text = import_list(source, tmp_path / "trust", NOW).text()
    assert "0 keys of 0 issuers can be used now" in text
    assert "WARNING: no key can be used now" in text


def test_a_file_with_keys_of_several_schemes_gives_several_lists(tmp_path: Path) -> None:
    source = tmp_path / "registry.csv"
    spki = SPKI
    source.write_text(
        f"DCC,AAAA,current,SW5kb25lc2lh,,2021-01-01T08:00:00.000Z,,{spki},\n"
        f"SHC,{CARD.issuer}#{CARD.key_id},current,RGVtbw==,,,,{spki},\n"
    )
    report = import_list(source, tmp_path / "trust", NOW)
    assert [found.scheme for found in report.lists] == ["eu_dcc", "smart_health_card"]
    assert sorted(path.name for path in (tmp_path / "trust").iterdir()) == [
        "eu_dcc.main.json",
        "smart_health_card.main.json",
    ]


def test_the_text_names_a_limited_number_of_entries_and_the_json_all(tmp_path: Path) -> None:
    source = tmp_path / "keys.json"
    odd = [jwk(kid=f"k{number}", crv="P-384") for number in range(MAX_NAMES + 5)]
    source.write_bytes(form({"keys": [jwk(), *odd]}))
    report = import_list(source, tmp_path / "trust", NOW, issuer=CARD.issuer)
    assert "  and 5 more; --json names all" in report.text()
    assert len(json.loads(report.json())["unusable"]) == MAX_NAMES + 5


def test_the_standard_input_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DCC.certificate.public_bytes(Encoding.DER))))
    assert import_list(Path("-"), tmp_path, NOW).lists[0].usable == (DCC.trusted,)


def test_a_list_needs_the_signature_of_the_publisher_if_its_key_is_given(tmp_path: Path) -> None:
    publisher, source = new_ec_key(), tmp_path / "list"
    raw = base64.b64encode(DCC.certificate.public_bytes(Encoding.DER)).decode()
    document = form({"certificates": [{"rawData": raw}]})
    r, s = decode_dss_signature(publisher.sign(document, ECDSA(SHA256())))
    source.write_bytes(base64.b64encode(r.to_bytes(32) + s.to_bytes(32)) + b"\n" + document)
    (tmp_path / "key").write_bytes(publisher.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    report = import_list(source, tmp_path / "trust", NOW, signer=tmp_path / "key")
    assert report.lists[0].usable == (DCC.trusted,)
    (tmp_path / "certificate").write_bytes(certificate_for(publisher, "DE", "x").public_bytes(Encoding.PEM))
    assert import_list(source, tmp_path / "trust", NOW, signer=tmp_path / "certificate").lists
    (tmp_path / "other").write_bytes(PEM["dcc"])
    with pytest.raises(KioskError, match="was not made by the key"):
        import_list(source, tmp_path / "trust", NOW, signer=tmp_path / "other")
    with pytest.raises(KioskError, match="neither a public key nor a certificate"):
        import_list(source, tmp_path / "trust", NOW, signer=source)


def test_the_import_refuses_a_list_without_a_usable_key_and_a_missing_file(tmp_path: Path) -> None:
    source = tmp_path / "csca.pem"
    source.write_bytes(CSCA.public_bytes(Encoding.PEM) * 2)
    with pytest.raises(KioskError, match=r"give --scheme.*1 more entries"):
        import_list(source, tmp_path / "trust", NOW)
    with pytest.raises(KioskError, match="cannot be read"):
        import_list(tmp_path / "none", tmp_path / "trust", NOW)
    with (tmp_path / "huge").open("wb") as file:
        os.truncate(file.fileno(), 40_000_000)
    with pytest.raises(KioskError, match="larger than"):
        import_list(tmp_path / "huge", tmp_path / "trust", NOW)
    assert not (tmp_path / "trust").exists()
