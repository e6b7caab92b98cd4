"""The reference file config/kiosk.yaml, which a technician copies."""

from pathlib import Path

import pytest

from kiosk.model import ChamberWhen, Reason, Step
from kiosk.settings.checks.pins import pins_of
from kiosk.settings.loader import check_file, parse
from kiosk.settings.report import effective
from kiosk.settings.schema.services import StatusMeaning
from kiosk.settings.schema.settings import Settings

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def reference() -> Settings:
    settings = check_file(CONFIG / "kiosk.yaml", elsewhere=True).settings
    assert settings is not None
    return settings


def test_the_only_mistakes_are_the_values_that_the_site_must_fill_in() -> None:
    report = check_file(CONFIG / "kiosk.yaml", CONFIG / "texts")
    assert [(mistake.key, mistake.severity.value) for mistake in report.mistakes] == [
        ("credentials.site_pass.public_keys entry 1", "error"),
        ("credentials.online_status.address", "warning"),
        ("credentials.online_status.secret_headers.Authorization", "error"),
    ]
    assert check_file(CONFIG / "kiosk.yaml", CONFIG / "texts", elsewhere=True).exit_code == 0


def test_the_completed_file_has_no_mistakes(tmp_path: Path) -> None:
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust/site-pass.pub.pem").write_text("a key")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/status-token").write_text("a token")
    text = (CONFIG / "kiosk.yaml").read_text("utf-8")
    (tmp_path / "kiosk.yaml").write_text(text.replace("status.example.com", "status.bekasi.go.id"), "utf-8")
    report = check_file(tmp_path / "kiosk.yaml", CONFIG / "texts")
    assert report.mistakes == ()
    assert report.exit_code == 0


def test_the_reference_file_describes_the_booth_of_bekasi(reference: Settings) -> None:
    assert reference.sequence == (Step.DISINFECT, Step.TEMPERATURE, Step.CREDENTIAL)
    assert reference.chamber.when is ChamberWhen.OCCUPIED
    assert reference.referrals.places[Reason.BELOW_MINIMUM_DOSES].title == "Puskesmas Karang Kitri"
    assert reference.credentials.online_status is not None
    assert reference.credentials.online_status.status == {
        "green": StatusMeaning.PASS,
        "yellow": StatusMeaning.PASS,
        "red": StatusMeaning.BELOW_MINIMUM_DOSES,
        "black": StatusMeaning.STATUS_DENIED,
    }


def test_the_reference_file_quotes_the_advice_of_the_who_about_spraying() -> None:
    comments = " ".join((CONFIG / "kiosk.yaml").read_text("utf-8").replace("#", "").split())
    assert (
        '"Spraying individuals with disinfectants (such as in a tunnel, cabinet, or chamber) is not recommended under '
        'any circumstances."'
    ) in comments


def test_the_relay_pins_are_off_while_the_pi_starts(reference: Settings) -> None:
    assert reference.sprayer is not None
    assert (reference.door.relay_pin, reference.door.active_high) == (5, False)
    assert (reference.sprayer.relay_pin, reference.sprayer.active_high) == (6, False)
    assert {pin for _, pin in pins_of(reference)}.isdisjoint({0, 1, 2, 3, 14, 15})


def test_the_first_line_names_the_schema_for_editors() -> None:
    first = (CONFIG / "kiosk.yaml").read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=kiosk.schema.json"


def test_the_effective_settings_load_back_to_the_same_settings(reference: Settings) -> None:
    mistakes, again = parse(effective(reference).encode(), CONFIG, elsewhere=True)
    assert again == reference
    assert len(mistakes) == 3
