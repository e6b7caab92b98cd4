import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from kiosk.credentials.schemes.site_pass.pass_keys import load_keys
from kiosk.credentials.schemes.site_pass.pass_text import PassKind, read_claims, read_fields, read_text
from kiosk.credentials.schemes.site_pass.site_pass import SitePass
from kiosk.errors import KioskError
from kiosk.model import Pass, Reason, Refer, WallTime
from kiosk.office.pass_office import issue, issue_order, load_private_key, make_key_pair, save_picture
from tests.credentials.passes import KEY, MONDAY, NOON, ORDER, SITE, SURE, keys


def test_a_new_key_pair_issues_passes_that_a_kiosk_accepts(tmp_path: Path) -> None:
    files = make_key_pair(tmp_path)
    issued = issue(load_private_key(files.private), "lab", PassKind.STAFF, 365, NOON)
    scheme = SitePass("lab", load_keys([files.public.name], tmp_path))
    assert scheme.judge(issued.text.encode(), SURE) == Pass("staff")


def test_only_its_owner_may_read_a_private_key(tmp_path: Path) -> None:
    files = make_key_pair(tmp_path)
    assert stat.S_IMODE(files.private.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.public.stat().st_mode) == 0o644
    assert files.private.name == f"site-pass-{files.key_id}.key.pem"
    assert files.private.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")


def test_a_key_pair_needs_an_existing_folder(tmp_path: Path) -> None:
    with pytest.raises(KioskError, match="cannot be written: No such file or directory; see that the folder is there"):
        make_key_pair(tmp_path / "missing")


def test_a_private_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = make_key_pair(tmp_path).private
    path.chmod(0o640)
    with pytest.raises(KioskError, match=f"can be used by others than its owner; run 'chmod 600 {path}'"):
        load_private_key(path)


def test_a_missing_private_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(KioskError, match=r"cannot be read: No such file or directory; make a key with"):
        load_private_key(tmp_path / "missing.pem")


def test_a_file_that_is_not_a_private_key_is_refused(tmp_path: Path) -> None:
    files = make_key_pair(tmp_path)
    files.public.chmod(0o600)
    locked, other = tmp_path / "locked.pem", tmp_path / "p256.pem"
    locked.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")))
    p256 = ec.generate_private_key(ec.SECP256R1())
    other.write_bytes(p256.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    foreign = tmp_path / "passwd"
    foreign.write_text("root:x:0:0:root:/root:/bin/bash\n")
    foreign.chmod(0o644)  # the message must not advise to change the mode of a foreign file
    with pytest.raises(KioskError, match="is not a private key in PEM"):
        load_private_key(foreign)
    for path, message in [
        (files.public, "is not a private key in PEM without a password"),
        (locked, "is not a private key in PEM without a password"),
        (other, "not Ed25519"),
    ]:
        path.chmod(0o600)
        with pytest.raises(KioskError, match=message):
            load_private_key(path)


def test_a_pass_contains_its_site_kind_and_dates_and_no_more() -> None:
    issued = issue(KEY, "lab", PassKind.INVITED, 2, NOON)
    claims = read_claims(read_fields(read_text(issued.text.encode()).claims))
    assert (claims.site, claims.kind) == ("lab", PassKind.INVITED)
    assert (claims.valid_from_utc_s, claims.valid_until_utc_s) == (1_633_348_200, 1_633_521_600)
    assert (len(claims.pass_id), claims.pass_id.hex()) == (8, issued.pass_id)
    assert issued.valid_until_utc == datetime(2021, 10, 6, 12, 0, tzinfo=UTC)


def test_each_pass_has_its_own_id() -> None:
    first, second = (issue(KEY, "lab", PassKind.STAFF, 1, NOON) for _ in range(2))
    assert first.pass_id != second.pass_id


def test_a_pass_is_valid_on_a_kiosk_whose_clock_is_ten_minutes_behind() -> None:
    text = issue(KEY, "lab", PassKind.STAFF, 1, NOON).text.encode()
    scheme = SitePass("lab", keys(KEY))
    assert scheme.judge(text, WallTime(NOON - timedelta(minutes=10), sure=True)) == Pass("staff")
    assert scheme.judge(text, WallTime(NOON - timedelta(minutes=11), sure=True)) == Refer(Reason.NOT_YET_VALID)


def test_the_repr_of_a_pass_does_not_show_it() -> None:
    issued = issue(KEY, "lab", PassKind.STAFF, 1, NOON)
    assert issued.text not in repr(issued)
    assert "KP1" not in repr(issued)


@pytest.mark.parametrize("site", ["", "Lab", "lab\n", "lab 1", "a" * 33])
def test_a_site_is_named_as_in_the_settings(site: str) -> None:
    with pytest.raises(KioskError, match="is not 1 to 32 of a-z"):
        issue(KEY, site, PassKind.STAFF, 1, NOON)


@pytest.mark.parametrize("days", [0, -1, 1831])
def test_a_pass_lasts_for_a_day_to_five_years(days: int) -> None:
    with pytest.raises(KioskError, match=f"{days} days is outside 1 to 1830"):
        issue(KEY, "lab", PassKind.STAFF, days, NOON)


def test_the_picture_can_be_scanned_and_has_its_quiet_zone(tmp_path: Path) -> None:
    issued = issue(KEY, "bekasi-city-hall", PassKind.STAFF, 365, NOON)
    save_picture(issued, tmp_path / "pass.png")
    picture = cv2.imread(str(tmp_path / "pass.png"), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    read = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    assert [code.text for code in read] == [issued.text]
    assert picture.shape == (530, 530)  # version 7: 45 modules, and 4 of quiet zone on each side, of 10 px
    assert {int(picture[at].min()) for at in range(40)} == {255}
    assert picture[40].min() == 0
    assert stat.S_IMODE((tmp_path / "pass.png").stat().st_mode) == 0o600


def test_the_longest_pass_still_fits_a_small_code(tmp_path: Path) -> None:
    save_picture(issue(KEY, "a" * 32, PassKind.INVITED, 1830, NOON), tmp_path / "pass.PNG")
    picture = cv2.imread(str(tmp_path / "pass.PNG"))
    assert picture is not None
    assert picture.shape[0] <= (49 + 8) * 10  # version 8


def test_a_pass_can_be_drawn_as_svg(tmp_path: Path) -> None:
    save_picture(issue(KEY, "lab", PassKind.STAFF, 1, NOON), tmp_path / "pass.svg")
    assert b"<svg" in (tmp_path / "pass.svg").read_bytes()


def test_a_pass_is_never_overwritten(tmp_path: Path) -> None:
    issued = issue(KEY, "lab", PassKind.STAFF, 1, NOON)
    (tmp_path / "pass.png").write_bytes(b"somebody's")
    with pytest.raises(KioskError, match="is there already and is not overwritten; choose another name"):
        save_picture(issued, tmp_path / "pass.png")
    assert (tmp_path / "pass.png").read_bytes() == b"somebody's"


def test_only_png_and_svg_are_drawn(tmp_path: Path) -> None:
    with pytest.raises(KioskError, match=r"'pass\.pdf' ends neither in '\.png' nor in '\.svg'"):
        save_picture(issue(KEY, "lab", PassKind.STAFF, 1, NOON), tmp_path / "pass.pdf")


def test_an_order_that_ends_too_early_or_too_late_is_refused() -> None:
    for order in (
        replace(ORDER, valid_until_utc=ORDER.valid_from_utc),
        replace(ORDER, valid_until_utc=MONDAY.replace(year=2031)),
    ):
        with pytest.raises(KioskError, match="is outside 1 to"):
            issue_order(KEY, SITE, order)
