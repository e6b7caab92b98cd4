"""`kiosk verify`, `trust` and `pass`, as a technician and a pass office type them."""

import base64
import io
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import segno
from cryptography.hazmat.primitives.serialization import Encoding

from kiosk.office.pass_batches import REGISTER
from kiosk.simulator.issuers import DccIssuer
from tests.commands.test_cli import kiosk
from tests.credentials.samples import VACCINATION

ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC)
ISSUER = DccIssuer("ID")
CODE = ISSUER.sign(VACCINATION, NOW - timedelta(days=30), timedelta(days=365)).decode()
SETTINGS = """\
door: {relay_pin: 17}
sequence: [credential]
camera: {kind: v4l2}
display: {languages: [id]}
credentials:
  eu_dcc: {}
  divoc: {unsigned_holder: accept}
  trust: {folder: trust, max_age_days: 30}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "id.yaml").write_bytes((ROOT / "config" / "texts" / "id.yaml").read_bytes())
    (tmp_path / "kiosk.yaml").write_text(SETTINGS)
    (tmp_path / "dsc.pem").write_bytes(ISSUER.certificate.public_bytes(Encoding.PEM))
    return tmp_path


def test_a_list_with_half_a_character_in_a_name_is_printed_as_json(
    site: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    raw = base64.b64encode(ISSUER.certificate.public_bytes(Encoding.DER)).decode()
    keys = {
        "verificationMethod": [{"id": "did:x#1", "participant": {"code": "\ud800X"}, "publicKeyJwk": {"x5c": [raw]}}]
    }
    (site / "list.json").write_text(json.dumps(keys))
    config = ("--config", site / "kiosk.yaml")
    assert kiosk("trust", "import", site / "list.json", *config) == 0
    (file,) = (site / "trust").glob("*.json")
    file.write_text(file.read_text().replace('"issuer": "ID"', '"issuer": "\\ud800"'))
    capfdbinary.readouterr()
    assert kiosk("trust", "list", "--json", *config) == 0
    printed = capfdbinary.readouterr().out
    assert json.loads(printed)[0]["by_issuer"] == {"\ud800": 1}
    assert b"\\ud800" in printed


def test_a_key_list_is_imported_listed_and_verified(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = ("--config", site / "kiosk.yaml")
    assert kiosk("trust", "verify", *config) == 1
    assert "every health credential is refused" in capsys.readouterr().out
    assert kiosk("trust", "import", site / "dsc.pem", *config) == 0
    message = capsys.readouterr().out
    assert "1 keys of 1 issuers can be used now; a new list" in message
    assert "a running kiosk uses the keys from the next code on" in message
    assert kiosk("trust", "list", *config) == 0
    assert "ID                       1 key" in capsys.readouterr().out
    assert kiosk("trust", "verify", *config) == 0
    assert capsys.readouterr().out == "all lists are in order\n"
    assert kiosk("trust", "import", site / "kiosk.yaml", *config) == 3
    assert "neither PEM, DER, JSON nor" in capsys.readouterr().err


def test_verify_accepts_text_a_file_a_picture_and_standard_input(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ("--config", site / "kiosk.yaml")
    kiosk("trust", "import", site / "dsc.pem", *config)
    (site / "code.txt").write_text(CODE + "\n")
    segno.make_qr(CODE).save(str(site / "code.png"), scale=4, border=4)
    segno.make_qr(CODE).save(str(site / "empty.png"), scale=1, border=0, dark="white")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CODE.encode())))
    for what in (CODE, site / "code.txt", site / "code.png", "-"):
        capsys.readouterr()
        assert kiosk("verify", what, *config) == 0
        message = capsys.readouterr().out
        assert message.endswith("verdict   pass (rule: doses)\n")
        assert "CONTOH" not in message
    assert kiosk("verify", CODE, "--show-holder", *config) == 0
    assert "CONTOH<<SITI" in capsys.readouterr().out
    assert kiosk("verify", CODE, "--at", "2019-01-01", *config) == 1
    assert kiosk("verify", "hello", *config) == 4
    assert kiosk("verify", site / "empty.png", *config) == 3
    (site / "broken.png").write_bytes(b"\x89PNG nothing")
    assert kiosk("verify", site / "broken.png", *config) == 3
    for moment in ("yesterday", "9999-12-31T23:59", "0001-01-01T00:00+14:00"):
        assert kiosk("verify", CODE, "--at", moment, *config) == 2
    assert kiosk("verify", CODE, "--at", "9998-12-31T23:59:59", *config) == 1


def test_key_lists_can_be_managed_although_another_section_of_the_settings_is_invalid(site: Path) -> None:
    config = ("--config", site / "kiosk.yaml")
    (site / "kiosk.yaml").write_text(SETTINGS.replace("relay_pin: 17", "relay_pin: 99"))
    assert kiosk("trust", "import", site / "dsc.pem", *config) == 0
    assert kiosk("trust", "verify", *config) == 0
    assert kiosk("verify", CODE, *config) == 0
    (site / "kiosk.yaml").write_text(SETTINGS.replace("max_age_days: 30", "max_age_days: x"))
    assert kiosk("trust", "import", site / "dsc.pem", *config) == 3


def test_doctor_checks_the_key_lists(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = ("--config", site / "kiosk.yaml")
    kiosk("doctor", *config)
    assert "fail  trust" in capsys.readouterr().out
    kiosk("trust", "import", site / "dsc.pem", *config)
    kiosk("doctor", *config)
    assert "ok    trust        all lists are in order" in capsys.readouterr().out


def test_an_office_issues_many_passes_revokes_one_and_rotates_its_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kiosk("pass", "key", "--out", tmp_path) == 0
    [key] = tmp_path.glob("*.key.pem")
    today = f"{NOW:%Y-%m-%d}"
    (tmp_path / "orders.csv").write_text(
        f"label,from,until,days\nSiti,{today},{today},mon-sun\nBudi,{today},{today},\n"
    )
    office = ("--key", key, "--site", "bekasi")
    assert kiosk("pass", "issue", *office, "--csv", tmp_path / "orders.csv", "--out", tmp_path) == 0
    assert "2 passes for bekasi" in capsys.readouterr().out
    pass_id = (tmp_path / REGISTER).read_text().splitlines()[1].split(",")[0]
    assert kiosk("pass", "revoke", pass_id, "--file", tmp_path / "revoked.txt") == 0
    assert pass_id in (tmp_path / "revoked.txt").read_text()
    assert kiosk("pass", "rotate", "--key", key, "--out", tmp_path) == 0
    assert "beside the old one" in capsys.readouterr().out
    single = ("--from", today, "--until", today, "--weekdays", "mon-fri", "--areas", "lobby")
    assert kiosk("pass", "issue", *office, *single, "--out", tmp_path / "one.png") == 0
    assert "one.png" in capsys.readouterr().out
    later = ("--from", "2031-01-01", "--days", "5", "--out", tmp_path / "later.png")
    assert kiosk("pass", "issue", *office, *later) == 0
    assert "2031-01-01 to 2031-01-06" in capsys.readouterr().out
    assert kiosk("pass", "issue", *office, "--areas", "NO!", "--out", tmp_path / "two.png") == 3


def test_a_mistyped_file_name_is_reported(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("verify", "no-such-picture.png", "--config", site / "kiosk.yaml") == 3
    assert "no file 'no-such-picture.png'" in capsys.readouterr().err


def test_the_schema_has_the_health_credentials() -> None:
    schema = json.loads((ROOT / "config" / "kiosk.schema.json").read_text("utf-8"))
    assert {"eu_dcc", "divoc", "rules", "trust"} <= set(schema["$defs"]["CredentialsSettings"]["properties"])
