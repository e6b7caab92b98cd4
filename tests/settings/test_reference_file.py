"""The reference file config/kiosk.yaml, which a technician copies."""

import io
from pathlib import Path

import pytest

from kiosk.model import ChamberWhen, Reason, Step
from kiosk.settings.checks.pins import pins_of
from kiosk.settings.loader import check_file, parse
from kiosk.settings.report import effective
from kiosk.settings.schema.services import StatusMeaning
from kiosk.settings.schema.settings import Settings
from kiosk.settings.yaml.mistakes import Severity
from kiosk.settings.yaml.reading import UNFILLED
from kiosk.simulator import demo_command
from kiosk.simulator.people.personas import Persona, VisitorCodes, one_of_each

CONFIG = Path(__file__).parents[2] / "config"


EXAMPLES = sorted((CONFIG / "examples").glob("*.yaml"))
FILES = [CONFIG / "kiosk.yaml", *EXAMPLES]


def read(path: Path) -> Settings:
    """Return the settings of a file, with the examples of what the site must fill in."""
    settings = check_file(path, path.parent / "texts", elsewhere=True, examples=True).settings
    assert settings is not None
    return settings


@pytest.fixture
def reference() -> Settings:
    return read(CONFIG / "kiosk.yaml")


def test_the_reference_file_asks_for_everything_that_only_the_site_knows() -> None:
    report = check_file(CONFIG / "kiosk.yaml", CONFIG / "texts", elsewhere=True)
    assert report.exit_code == 1
    assert all(mistake.text.startswith(UNFILLED) for mistake in report.mistakes)
    assert {mistake.key for mistake in report.mistakes} == {
        "name",
        "site",
        "credentials.site_pass.site",
        "credentials.site_pass.public_keys entry 1",
        "credentials.online_status.address",
        "credentials.online_status.prefixes entry 1",
        "credentials.online_status.extra_fields.venue",
        "referrals.officer.title",
        "referrals.officer.address",
        "referrals.places.below_minimum_doses.title",
        "referrals.places.below_minimum_doses.address",
    }


def test_an_example_asks_for_what_it_cannot_know() -> None:
    assert {path.stem for path in EXAMPLES} == {"bekasi", "hospital", "food_plant", "farm", "school"}
    for path in EXAMPLES:
        report = check_file(path, path.parent / "texts", elsewhere=True)
        assert all(mistake.text.startswith(UNFILLED) for mistake in report.mistakes), path
        assert any(mistake.key.startswith("credentials.site_pass.public_keys") for mistake in report.mistakes), path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_completed_file_has_no_mistakes(path: Path, tmp_path: Path) -> None:
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust/site-pass.pub.pem").write_text("a key")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/status-token").write_text("a token")
    text = path.read_text("utf-8").replace("FILL_IN ", "").replace("status.example.com", "status.bekasi.go.id")
    (tmp_path / "kiosk.yaml").write_text(text, "utf-8")
    report = check_file(tmp_path / "kiosk.yaml", CONFIG / "texts")
    assert report.mistakes == ()
    assert report.exit_code == 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_file_runs_in_the_demo_and_admits_a_visitor_with_a_pass(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def staff(codes: VisitorCodes, _seed: int, *, asked: bool) -> list[Persona]:
        return [person for person in one_of_each(codes) if person.name == "staff with a printed pass"]

    monkeypatch.setattr(demo_command, "endless_personas", staff)
    out = io.StringIO()
    assert demo_command.run_fast(path, 1, seed=1, out=out) == 0, out.getvalue()
    assert "1 visits, 0 not as scripted" in out.getvalue()


def test_the_reference_file_sprays_nobody(reference: Settings) -> None:
    assert reference.chamber.when is ChamberWhen.EMPTY
    assert reference.inputs.presence
    assert not reference.inputs.presence.active_low, "a cut wire reads as a person"


def test_the_reference_file_names_no_place_of_another_site(reference: Settings) -> None:
    text = (CONFIG / "kiosk.yaml").read_text("utf-8")
    unmarked = [line.partition("#")[0] for line in text.splitlines() if "FILL_IN" not in line]
    assert not any("bekasi" in line.lower() or "Puskesmas" in line for line in unmarked)
    assert "example" not in "".join(unmarked)


def test_the_example_of_bekasi_is_its_practice() -> None:
    bekasi = read(CONFIG / "examples" / "bekasi.yaml")
    assert bekasi.sequence == (Step.DISINFECT, Step.TEMPERATURE, Step.CREDENTIAL)
    assert bekasi.chamber.when is ChamberWhen.OCCUPIED
    assert bekasi.referrals.places[Reason.BELOW_MINIMUM_DOSES].title == "Puskesmas Karang Kitri"
    assert bekasi.credentials.online_status is not None
    assert bekasi.credentials.online_status.status == {
        "green": StatusMeaning.PASS,
        "yellow": StatusMeaning.PASS,
        "red": StatusMeaning.BELOW_MINIMUM_DOSES,
        "black": StatusMeaning.STATUS_DENIED,
    }


def test_the_reference_file_and_bekasi_quote_the_advice_of_the_who_about_spraying() -> None:
    for path in (CONFIG / "kiosk.yaml", CONFIG / "examples" / "bekasi.yaml"):
        comments = " ".join(path.read_text("utf-8").replace("#", "").split())
        assert (
            '"Spraying individuals with disinfectants (such as in a tunnel, cabinet, or chamber) is not recommended '
            'under any circumstances."'
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
    assert all(mistake.severity is Severity.WARNING for mistake in mistakes)
