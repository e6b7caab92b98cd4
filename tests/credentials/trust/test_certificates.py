from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from kiosk.credentials.trust.certificates import country_of, dcc_key, is_authority, root_key
from kiosk.errors import KioskError
from kiosk.simulator.issuers import SealIssuer, certificate_for, new_ec_key
from tests.credentials.trust.published import DCC, NOW


def test_certificates_with_other_keys_or_without_a_country_are_refused() -> None:
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


def test_a_certificate_with_unreadable_extensions_counts_as_an_authority() -> None:
    key, now = new_ec_key(), datetime(2026, 1, 1, tzinfo=UTC)
    name = x509.Name([])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + timedelta(days=1))
    broken = x509.UnrecognizedExtension(x509.OID_BASIC_CONSTRAINTS, b"\xff")
    assert is_authority(builder.add_extension(broken, critical=True).sign(key, SHA256()))


def test_only_an_authority_is_imported_as_a_root() -> None:
    seals = SealIssuer("AU")
    assert root_key(seals.authority, "vds_nc").issuer == "AU"
    with pytest.raises(KioskError, match="not the certificate of an authority"):
        root_key(seals.signer, "vds_nc")
