"""The fleet's authority: its certificates, and that nothing is overwritten."""

import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from kiosk.errors import KioskError
from kiosk.fleet.enrolment.authority import CRL, Authority
from kiosk.fleet.enrolment.enrol import enrol, section
from kiosk.fleet.wire.seals import SealKey
from kiosk.settings.schema.settings import Settings
from tests.settings.booth import settings_of


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_certificates_follow_from_the_authority_and_are_for_their_purpose(tmp_path: Path) -> None:
    authority = Authority.make(tmp_path)
    server = certificate(authority.make_server(["fleet.example.org", "192.0.2.5"], tmp_path).certificate)
    client = certificate(authority.make_client("north", tmp_path).certificate)
    builder = PolicyBuilder().store(Store([certificate(tmp_path / "ca.pem")]))
    builder.build_server_verifier(x509.DNSName("fleet.example.org")).verify(server, [])
    with pytest.raises(x509.verification.VerificationError):
        builder.build_server_verifier(x509.DNSName("other.example.org")).verify(server, [])
    uses = client.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(uses) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert client.subject.rfc4514_string() == "CN=north"


def test_keys_are_for_their_owner_only_and_nothing_is_overwritten(tmp_path: Path) -> None:
    authority = Authority.make(tmp_path)
    pair = authority.make_client("north", tmp_path)
    for key in (pair.key, tmp_path / "ca.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with pytest.raises(KioskError, match="exists"):
        authority.make_client("north", tmp_path)
    with pytest.raises(KioskError, match="exists"):
        Authority.make(tmp_path)
    with pytest.raises(KioskError, match="kiosk fleet authority"):
        Authority(tmp_path / "none")


def test_a_revoked_certificate_is_on_the_list_once(tmp_path: Path) -> None:
    authority = Authority.make(tmp_path)
    north = authority.make_client("north", tmp_path).certificate
    authority.make_client("south", tmp_path)
    for _ in range(2):
        authority.revoke(north)
    crl = x509.load_pem_x509_crl((tmp_path / CRL).read_bytes())
    assert [each.serial_number for each in crl] == [certificate(north).serial_number]
    stranger = Authority.make(tmp_path / "stranger")
    assert crl.is_signature_valid(certificate(tmp_path / "ca.pem").public_key())  # type: ignore[arg-type]
    with pytest.raises(KioskError, match="cannot be revoked"):
        stranger.revoke(tmp_path / "none.pem")


def test_enrolling_gives_the_files_and_the_section_of_the_settings(tmp_path: Path) -> None:
    authority = Authority.make(tmp_path)
    folder = enrol(authority, "north", "fleet.example.org", 8883, tmp_path / "kiosks")
    assert {path.name for path in folder.iterdir()} == {"ca.pem", "north.pem", "north.key", "seal.key", "fleet.yaml"}
    settings: Settings = settings_of((folder / "fleet.yaml").read_text())
    assert settings.name == "north"
    assert settings.fleet
    assert settings.fleet.server == "fleet.example.org"
    assert settings.fleet.certificate.endswith("/north.pem")
    key = SealKey.parse((folder / "seal.key").read_bytes())
    assert key.close("t", b"x") == authority.kiosk_keys.of("north").close("t", b"x")
    assert (folder / "seal.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(KioskError, match="exists"):
        enrol(authority, "north", "fleet.example.org", 8883, tmp_path / "kiosks")


@pytest.mark.parametrize("name", ["", "North", "a b", "a/b", "+", "collector_1", "x" * 33, "north\n"])
def test_a_name_that_no_kiosk_can_have_is_refused(tmp_path: Path, name: str) -> None:
    authority = Authority.make(tmp_path)
    with pytest.raises(KioskError, match="no name of a kiosk"):
        enrol(authority, name, "localhost", 8883, tmp_path)


def test_the_section_names_the_folder_on_the_kiosk() -> None:
    assert "/etc/kiosk/secrets/fleet/ca.pem" in section("north", "localhost", 8883, "north.pem", "north.key")
