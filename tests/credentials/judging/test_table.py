"""The table of schemes agrees with the settings, and one row is all that a new scheme adds to it."""

from pathlib import Path

import pytest

from kiosk.cli import main
from kiosk.credentials.judging import table
from kiosk.credentials.judging.accepted import accepted_schemes
from kiosk.credentials.judging.inspection import inspect
from kiosk.credentials.judging.kinds import kind_of
from kiosk.credentials.judging.registry import Judgement, Registry
from kiosk.credentials.judging.table import TABLE, SchemeRow
from kiosk.credentials.trust.published_forms import PublishedKeys
from kiosk.model import Pass, Payload, Reason, Refer
from kiosk.office.trust_import import import_list
from kiosk.office.trust_reports import list_keys
from kiosk.settings.schema.health import AcceptedScheme, TrustSettings
from kiosk.settings.schema.policy import RESERVED_PREFIXES, SCHEMES, CredentialsSettings
from tests.credentials.passes import KEY
from tests.credentials.samples import NOW, WHEN

ROOT = Path(__file__).parents[3]
FORM = 'key of the theatre: {"theatre": ...}'
TICKET = SchemeRow("ticket", ((FORM, "`theatre`"),), "tests.credentials.judging.ticket")
SEAT = b"TICKET:row 4 seat 7"


class SettingsWithTicket(CredentialsSettings):
    ticket: AcceptedScheme | None = None


@pytest.fixture
def theatre(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "TABLE", (*TABLE, TICKET))


def test_the_table_and_the_settings_name_the_same_schemes() -> None:
    assert sorted(row.name for row in TABLE) == sorted(SCHEMES)
    assert [row.name for row in TABLE if row.key_forms] == ["eu_dcc", "smart_health_card", "divoc", "vds_nc"]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_row_has_its_package(row: SchemeRow) -> None:
    assert not row.entry().begins(b"hello", None)
    if row.key_forms:
        assert isinstance(row.published_keys(), PublishedKeys)


def test_every_reserved_prefix_belongs_to_one_scheme() -> None:
    owners = [[row.name for row in TABLE if row.entry().begins(prefix.encode(), None)] for prefix in RESERVED_PREFIXES]
    assert owners == [["site_pass"], ["eu_dcc"], ["smart_health_card"], ["health_link"], ["health_link"]]


@pytest.mark.usefixtures("theatre")
def test_one_row_makes_a_new_scheme_known_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = SettingsWithTicket(ticket=AcceptedScheme(), trust=TrustSettings(folder="trust"))
    registry = Registry(schemes := accepted_schemes(settings, tmp_path))
    assert kind_of(SEAT, settings) == "ticket"
    assert table.needs_keys(settings)
    assert registry.judge(Payload(SEAT), WHEN) == Judgement(Refer(Reason.UNTRUSTED_ISSUER, "ticket.key"), "ticket")

    (tmp_path / "theatre.json").write_text(f'{{"theatre": "{KEY.public_key().public_bytes_raw().hex()}"}}')
    report = import_list(tmp_path / "theatre.json", tmp_path / "trust", NOW)
    assert "ticket 'main': 1 keys of 1 issuers can be used now; a new list" in report.text()
    assert list_keys(tmp_path / "trust", NOW)[0].startswith("ticket 'main': 1 keys")
    assert registry.judge(Payload(SEAT), WHEN) == Judgement(Pass("doses"), "ticket")
    assert inspect(SEAT, schemes, WHEN, show_holder=False)[0].startswith("scheme    ticket\n")
    assert "of a kind that this site accepts (ticket)" in inspect(b"hello", schemes, WHEN, show_holder=False)[0]

    with pytest.raises(SystemExit):
        main(["trust", "import", "--help"])
    shown = capsys.readouterr().out
    assert "--scheme {eu_dcc,smart_health_card,divoc,vds_nc,ticket}" in shown
    assert f"| {FORM}" in shown


def test_the_help_on_key_forms_names_each_form_once() -> None:
    lines = table.key_forms_help().splitlines()
    assert len({len(line) for line in lines}) == 1
    [named] = [line for line in lines if line.startswith("| certificates in PEM; ")]
    cells = [cell.strip() for cell in named.strip("|").split("|")]
    assert cells == ["certificates in PEM; one certificate in DER", "eu_dcc", "the certificate"]
    [shared] = [line for line in lines if "PathCheck" in line]
    assert "eu_dcc, smart_health_card, divoc" in shared
    assert len(lines) == 2 + 13
