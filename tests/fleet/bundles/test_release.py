"""`kiosk bundle release` asks the office's database whether a first kiosk was ready with the bundle."""

from pathlib import Path

import pytest

from kiosk.fleet.bundles.fetching import EVERYBODY
from kiosk.office.bundle_repository import BundleRepository
from tests.commands.test_cli import kiosk
from tests.fleet.rows import row
from tests.fleet.test_row_store import batch
from tests.fleet.town import open_store


def served(address: str, version: int, number: int) -> None:
    """Store the row by which north tells that it became ready with a bundle."""
    store = open_store(address)
    store.store([batch("north", (*row(number)[:8], "bundle_serves", "idle", None, None, "", "", str(version)))])
    store.close()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with bundle 7 for north."""
    (tmp_path / "change").mkdir()
    (tmp_path / "change/overlay.yaml").write_text("site: Town hall\n")
    repository = tmp_path / "bundles"
    assert kiosk("bundle", "init", repository) == 0
    assert kiosk("bundle", "publish", repository, tmp_path / "change", "--version", "7", "--first", "north") == 0
    return repository


def test_a_bundle_is_released_when_the_database_tells_that_a_first_kiosk_serves_with_it(
    repository: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    release = ["bundle", "release", repository, "--first", "north", "--database", database]
    assert kiosk(*release) == 3
    assert "north was offered bundle 7 and serves none; wait for its row 'bundle_serves 7'" in capsys.readouterr().err
    served(database, 6, 1)
    assert kiosk(*release) == 3
    assert "serves 6" in capsys.readouterr().err
    served(database, 7, 2)
    assert kiosk(*release) == 0
    assert BundleRepository(repository).version_of(EVERYBODY) == 7


def test_without_a_database_the_version_is_given_by_hand(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release = ["bundle", "release", repository, "--first", "north", "--database", "host=127.0.0.1 port=9"]
    assert kiosk(*release) == 3
    assert "without a database, look into the kiosk's journal and give --serves" in capsys.readouterr().err
    assert kiosk(*release, "--serves", "6") == 3
    assert kiosk(*release, "--serves", "7") == 0
