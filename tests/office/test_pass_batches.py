import csv
import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.errors import KioskError
from kiosk.model import PassUse
from kiosk.office.pass_batches import issue_all, issue_one, rotate
from tests.credentials import passes
from tests.credentials.passes import MONDAY, ORDER, SITE


def test_a_batch_of_passes_writes_pictures_a_sheet_and_rows_in_the_offices_list(tmp_path: Path) -> None:
    single = replace(ORDER, label="=cmd()", areas=("lab",), use=PassUse.SINGLE)
    orders = [replace(ORDER, label="Siti", weekdays=31), single]
    issued = issue_all(passes.KEY, SITE, orders, tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    pictures = sorted(f"pass-{one.pass_id}.png" for one in issued)
    assert names == sorted([*pictures, f"passes-{issued[0].pass_id}.pdf", "passes.csv"])
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())
    with (tmp_path / "passes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["pass_id"], row["label"], row["days"], row["areas"], row["use"]) for row in rows] == [
        (issued[0].pass_id, "Siti", "mon tue wed thu fri", "", "unlimited"),
        (issued[1].pass_id, "'=cmd()", "", "lab", "single"),
    ]
    issue_all(passes.KEY, SITE, orders, tmp_path, pictures=False)
    assert len((tmp_path / "passes.csv").read_text().splitlines()) == 5
    assert "Siti" not in issued[0].text
    (tmp_path / "other" / "passes.csv").mkdir(parents=True)
    with pytest.raises(KioskError, match="cannot be written"):
        issue_all(passes.KEY, SITE, orders, tmp_path / "other")


def test_an_older_list_gets_the_column_of_uses_and_another_file_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "passes.csv"
    file.write_text("pass_id,label,site,kind,from_utc,until_utc,days,areas,key_id\r\n1,a,demo,staff,x,y,,,k\r\n")
    issue_all(passes.KEY, SITE, [ORDER], tmp_path, pictures=False)
    old, new = csv.DictReader(io.StringIO(file.read_text()))
    assert (old["key_id"], old["use"], new["use"]) == ("k", "", "unlimited")
    assert file.stat().st_mode & 0o077 == 0
    for text in ("name,money\nSiti,1\n", ""):
        file.write_text(text)
        with pytest.raises(KioskError, match="is not the office's list of passes"):
            issue_all(passes.KEY, SITE, [ORDER], tmp_path, pictures=False)
        assert file.read_text() == text


def test_a_key_is_rotated_with_overlap(tmp_path: Path) -> None:
    old = Ed25519PrivateKey.generate()
    assert "from: the end of its last pass" in rotate(tmp_path, old, MONDAY)
    issue_all(old, SITE, [ORDER, replace(ORDER, valid_until_utc=MONDAY + timedelta(days=90))], tmp_path, pictures=False)
    report = rotate(tmp_path, old, MONDAY)
    assert report.endswith("may leave 'public_keys' from: 2022-01-02")
    assert len(list(tmp_path.glob("*.key.pem"))) == 2
    (tmp_path / "passes.csv").write_text("pass_id,until_utc\n")
    assert "lists none of it" in rotate(tmp_path, old, MONDAY)
    (tmp_path / "passes.csv").write_bytes(b"\xff")
    with pytest.raises(KioskError, match="not the office's list"):
        rotate(tmp_path, old, MONDAY)


def test_a_single_pass_is_listed_so_that_its_key_stays_trusted(tmp_path: Path) -> None:
    old = Ed25519PrivateKey.generate()
    issue_one(old, SITE, ORDER, tmp_path / "one.png")
    report = rotate(tmp_path, old, MONDAY)
    assert report.endswith(f"from: {ORDER.valid_until_utc:%Y-%m-%d}")
    assert rotate(tmp_path, old, ORDER.valid_until_utc).endswith("every pass of it that is listed has ended")


def test_the_folder_of_a_batch_is_created(tmp_path: Path) -> None:
    issue_all(Ed25519PrivateKey.generate(), SITE, [ORDER], tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder" / "passes.csv").is_file()
    (tmp_path / "file").touch()
    with pytest.raises(KioskError, match="cannot be made"):
        issue_all(Ed25519PrivateKey.generate(), SITE, [ORDER], tmp_path / "file" / "x")
