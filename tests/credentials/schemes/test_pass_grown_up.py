import csv
import logging
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.credentials.schemes.site_pass.pass_revocations import RevokedPasses, read_ids, revoke
from kiosk.credentials.schemes.site_pass.pass_text import PassKind
from kiosk.credentials.schemes.site_pass.site_pass import SitePass
from kiosk.errors import BadCredential, KioskError
from kiosk.model import Pass, Reason, Refer, Verdict, WallTime
from kiosk.office.pass_batches import issue_all, issue_one, rotate
from kiosk.office.pass_office import issue_order
from kiosk.office.pass_orders import (
    PassOrder,
    areas_of,
    order_of,
    read_orders,
    said_weekdays,
    weekdays_of,
)
from kiosk.office.pass_sheet import SheetEntry, sheet
from tests.credentials import passes
from tests.credentials.schemes.test_site_pass import FIELDS

SITE = "bekasi-city-hall"
MONDAY = datetime(2021, 10, 4, 2, 0, tzinfo=UTC)
"""Nine o'clock in Bekasi."""
ORDER = PassOrder(PassKind.STAFF, MONDAY - timedelta(days=1), MONDAY + timedelta(days=30))


def verdict(order: PassOrder, at: datetime = MONDAY, scheme: SitePass | None = None) -> Verdict:
    issued = issue_order(passes.KEY, SITE, order)
    scheme = scheme or SitePass(SITE, passes.keys(passes.KEY), area="lobby", utc_offset_h=7)
    return scheme.judge(issued.text.encode(), WallTime(at, sure=True))


def test_a_pass_for_working_days_is_good_on_them_in_the_sites_own_time() -> None:
    order = replace(ORDER, weekdays=weekdays_of("mon-fri"))
    assert verdict(order) == Pass("staff")
    saturday = datetime(2021, 10, 9, 2, 0, tzinfo=UTC)
    assert verdict(order, saturday) == Refer(Reason.NOT_YET_VALID, "other_weekday")
    sunday_in_utc_and_monday_in_bekasi = datetime(2021, 10, 10, 20, 0, tzinfo=UTC)
    assert verdict(order, sunday_in_utc_and_monday_in_bekasi) == Pass("staff")


def test_a_pass_for_areas_opens_those_only() -> None:
    assert verdict(replace(ORDER, areas=("lab", "lobby"))) == Pass("staff")
    assert verdict(replace(ORDER, areas=("lab",))) == Refer(Reason.STATUS_DENIED, "other_area")
    anywhere = SitePass(SITE, passes.keys(passes.KEY))
    assert verdict(replace(ORDER, areas=("lab",)), scheme=anywhere) == Refer(Reason.STATUS_DENIED, "other_area")
    assert verdict(ORDER, scheme=anywhere) == Pass("staff")


@pytest.mark.parametrize("changes", [{6: 0}, {6: 128}, {6: "x"}, {7: 1}, {6: b"x"}])
def test_restrictions_of_a_wrong_kind_make_no_pass(changes: dict[int, object]) -> None:
    with pytest.raises(BadCredential, match="weekdays or areas"):
        passes.scheme().judge(passes.text_of_fields(FIELDS | changes), passes.SURE)


def test_a_pass_that_was_taken_back_is_refused_at_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "revoked.txt"
    revoke(path, ["0" * 16])
    scheme = SitePass(SITE, passes.keys(passes.KEY), is_revoked=RevokedPasses(path))
    issued = issue_order(passes.KEY, SITE, ORDER)
    when = WallTime(MONDAY, sure=True)
    assert scheme.judge(issued.text.encode(), when) == Pass("staff")
    assert revoke(path, [issued.pass_id.upper()]) == 2
    assert scheme.judge(issued.text.encode(), when) == Refer(Reason.STATUS_DENIED, "revoked")
    path.write_text("nonsense\n")
    caplog.set_level(logging.ERROR)
    assert scheme.judge(issue_order(passes.KEY, SITE, ORDER).text.encode(), when) == Refer(
        Reason.STATUS_DENIED, "revoked"
    )
    assert "every site pass is refused" in caplog.text
    path.unlink()
    assert scheme.judge(issued.text.encode(), when) == Refer(Reason.STATUS_DENIED, "revoked")


def test_the_list_of_revoked_passes_is_read_whole_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "revoked.txt"
    path.write_text(f"# lost\n{'a' * 16}  # on the bus\n\n{'B' * 32}\n")
    assert read_ids(path) == {"a" * 16, "b" * 32}
    path.write_text(f"{'a' * 16}\nxyz\n")
    with pytest.raises(KioskError, match="line 2"):
        read_ids(path)
    with pytest.raises(KioskError, match="cannot be read"):
        RevokedPasses(tmp_path / "none")
    with pytest.raises(KioskError, match="not a pass id"):
        revoke(path, ["xyz"])
    path.write_text("")
    with pytest.raises(KioskError, match="cannot be written"):
        revoke(tmp_path / "folder" / "revoked.txt", ["a" * 16])
    with path.open("wb") as file:
        os.truncate(file.fileno(), 5_000_000)
    with pytest.raises(KioskError, match="larger than"):
        read_ids(path)


@pytest.mark.parametrize(
    ("text", "mask", "said"),
    [
        ("", 127, ""),
        ("mon-fri", 31, "mon tue wed thu fri"),
        ("Mon, Wed", 5, "mon wed"),
        ("sat-mon", 97, "mon sat sun"),
        ("sun", 64, "sun"),
        ("mon-sun", 127, ""),
    ],
)
def test_weekdays_are_read_and_said(text: str, mask: int, said: str) -> None:
    assert weekdays_of(text) == mask
    assert said_weekdays(mask) == said


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"kind": "guest"}, "kind 'guest'"),
        ({"from": "soon"}, "from 'soon'"),
        ({"until": ""}, "until ''"),
        ({"until": "2021-09-01"}, "is before"),
        ({"days": "someday"}, "days 'someday'"),
        ({"days": "mon-x"}, "days 'mon-x'"),
        ({"areas": "Lab!"}, "areas 'Lab!'"),
        ({"areas": "a b c d e"}, "areas 'a b c d e'"),
    ],
)
def test_a_mistaken_order_is_told(row: dict[str, str], message: str) -> None:
    good = {"kind": "staff", "from": "2021-10-01", "until": "2021-10-31"}
    assert order_of(good, 7).valid_from_utc == datetime(2021, 9, 30, 17, 0, tzinfo=UTC)
    assert order_of(good, 7).valid_until_utc == datetime(2021, 10, 31, 17, 0, tzinfo=UTC)
    with pytest.raises(KioskError, match=message.replace("(", "\\(")):
        order_of({**good, **row}, 7)


CSV = (
    "label,kind,from,until,days,areas\n"
    "Siti,staff,2021-10-01,2021-10-31,mon-fri,lobby lab\n"
    "=Budi,invited,2021-10-04,2021-10-04,,\n"
)


def test_orders_come_from_a_file_with_commas_or_semicolons(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(CSV)
    first, second = read_orders(path, 7)
    assert (first.label, first.kind, first.weekdays, first.areas) == ("Siti", PassKind.STAFF, 31, ("lobby", "lab"))
    assert (second.kind, second.areas) == (PassKind.INVITED, ())
    path.write_text("\ufeff" + CSV.replace(",", ";"))
    assert read_orders(path, 7) == [first, second]
    assert areas_of("a,b") == ("a", "b")


def test_all_mistakes_of_a_file_are_told_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("kind,from,until\nstaff,x,y\nboss,2021-10-01,2021-10-02\n")
    with pytest.raises(KioskError) as caught:
        read_orders(path, 7)
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == ["orders.csv:2", "orders.csv:3"]
    for text, message in (("name\nx\n", "unknown column 'name'"), ("label\n", "0 orders"), ("", "0 orders")):
        path.write_text(text)
        with pytest.raises(KioskError, match=message):
            read_orders(path, 7)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KioskError, match="cannot be read"):
        read_orders(path, 7)
    with path.open("wb") as file:
        os.truncate(file.fileno(), 2_000_000)
    with pytest.raises(KioskError, match="larger than"):
        read_orders(path, 7)


def test_many_passes_become_pictures_a_sheet_and_rows_of_the_offices_list(tmp_path: Path) -> None:
    orders = [replace(ORDER, label="Siti", weekdays=31), replace(ORDER, label="=cmd()", areas=("lab",))]
    issued = issue_all(passes.KEY, SITE, orders, tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    pictures = sorted(f"pass-{one.pass_id}.png" for one in issued)
    assert names == sorted([*pictures, f"passes-{issued[0].pass_id}.pdf", "passes.csv"])
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())
    with (tmp_path / "passes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["pass_id"], row["label"], row["days"], row["areas"]) for row in rows] == [
        (issued[0].pass_id, "Siti", "mon tue wed thu fri", ""),
        (issued[1].pass_id, "'=cmd()", "", "lab"),
    ]
    issue_all(passes.KEY, SITE, orders, tmp_path, pictures=False)
    assert len((tmp_path / "passes.csv").read_text().splitlines()) == 5
    assert "Siti" not in issued[0].text
    (tmp_path / "other" / "passes.csv").mkdir(parents=True)
    with pytest.raises(KioskError, match="cannot be written"):
        issue_all(passes.KEY, SITE, orders, tmp_path / "other")


def test_the_sheet_is_a_pdf_whose_codes_can_be_scanned(tmp_path: Path) -> None:
    texts = [issue_order(passes.KEY, SITE, ORDER).text for _ in range(9)]
    made = sheet([SheetEntry((f"Visitor (no. {at}) \\ é",), text) for at, text in enumerate(texts)])
    assert made.startswith(b"%PDF-1.4")
    assert made.count(b"/Type /Page ") == 2
    table = int(made.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert made[table : table + 4] == b"xref"
    for number, line in enumerate(made[table:].split(b"\n")[3:10], start=1):
        assert made[int(line[:10]) :].startswith(b"%d 0 obj" % number)
    assert drawn_codes(made) == texts


def drawn_codes(pdf: bytes) -> list[str]:
    """Paint the sheet's rectangles and read the codes in the picture."""
    np = pytest.importorskip("numpy")
    zxingcpp = pytest.importorskip("zxingcpp")
    found = []
    for content in pdf.split(b"stream\n")[1::2]:
        page = np.full((3400, 2400), 255, np.uint8)
        for line in content.split(b"\n"):
            if line.endswith(b" re"):
                x, y, width, height = (float(word) * 4 for word in line.split()[:4])
                page[round(3400 - y - height) : round(3400 - y), round(x) : round(x + width)] = 0
        codes = zxingcpp.read_barcodes(page)
        found += [
            code.text
            for code in sorted(codes, key=lambda code: (code.position.top_left.y // 400, code.position.top_left.x))
        ]
    return found


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


def test_a_single_pass_is_listed_too_so_that_its_key_stays(tmp_path: Path) -> None:
    old = Ed25519PrivateKey.generate()
    issue_one(old, SITE, ORDER, tmp_path / "one.png")
    report = rotate(tmp_path, old, MONDAY)
    assert report.endswith(f"from: {ORDER.valid_until_utc:%Y-%m-%d}")
    assert rotate(tmp_path, old, ORDER.valid_until_utc).endswith("every pass of it that is listed has ended")


def test_the_folder_for_many_is_made(tmp_path: Path) -> None:
    issue_all(Ed25519PrivateKey.generate(), SITE, [ORDER], tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder" / "passes.csv").is_file()
    (tmp_path / "file").touch()
    with pytest.raises(KioskError, match="cannot be made"):
        issue_all(Ed25519PrivateKey.generate(), SITE, [ORDER], tmp_path / "file" / "x")


def test_orders_beyond_what_a_pass_may_be_are_refused() -> None:
    for order in (
        replace(ORDER, valid_until_utc=ORDER.valid_from_utc),
        replace(ORDER, valid_until_utc=MONDAY.replace(year=2031)),
    ):
        with pytest.raises(KioskError, match="is outside 1 to"):
            issue_order(passes.KEY, SITE, order)
