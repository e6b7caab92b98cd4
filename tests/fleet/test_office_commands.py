"""`kiosk fleet authority`, `enrol` and `revoke` on the command line, with a real database."""

from pathlib import Path

import pytest
from cryptography import x509

from kiosk.fleet.enrolment.authority import CRL
from tests.commands.test_cli import kiosk

from .town import ask


def test_a_kiosk_is_enrolled_revoked_and_enrolled_again(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    office = tmp_path / "office"
    assert kiosk("fleet", "authority", "--server", "fleet.example.org", "--folder", office) == 0
    enrol = ("fleet", "enrol", "north", "--server", "fleet.example.org", "--site", "Town hall", "--at=-6.2,106.9",
             "--folder", office, "--database", database)  # fmt: skip
    assert kiosk("fleet", "enrol", "North 1", *enrol[3:]) == 3
    assert "'North 1' is no name of a kiosk" in capsys.readouterr().err
    assert kiosk(*enrol) == 0
    assert "  seal: /etc/kiosk/secrets/fleet/seal.key\n" in capsys.readouterr().out
    assert ask(database, "SELECT name, site, latitude FROM kiosk") == [("north", "Town hall", -6.2)]
    assert kiosk(*enrol) == 3
    assert "revoke it first" in capsys.readouterr().err
    old = x509.load_pem_x509_certificate((office / "kiosks/north/north.pem").read_bytes())
    revoke = ("fleet", "revoke", "north", "--folder", office, "--database", database)
    assert kiosk(*revoke) == 0
    assert ask(database, "SELECT name FROM kiosk") == []
    crl = x509.load_pem_x509_crl((office / CRL).read_bytes())
    assert crl.get_revoked_certificate_by_serial_number(old.serial_number)
    assert kiosk(*revoke) == 3
    assert "north.pem" in capsys.readouterr().err
    assert kiosk(*enrol) == 0
    new = x509.load_pem_x509_certificate((office / "kiosks/north/north.pem").read_bytes())
    assert crl.get_revoked_certificate_by_serial_number(new.serial_number) is None
