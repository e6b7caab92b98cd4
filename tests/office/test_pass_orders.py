import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.credentials.schemes.site_pass.pass_text import PassKind
from kiosk.errors import KioskError
from kiosk.office.pass_orders import areas_of, order_of, read_orders, weekdays_of, weekdays_text

JAKARTA = ZoneInfo("Asia/Jakarta")


@pytest.mark.parametrize(
    ("text", "mask", "said"),
    [
        ("", 127, ""),
        (" , ", 127, ""),
        ("mon-fri", 31, "mon tue wed thu fri"),
        ("Mon, Wed", 5, "mon wed"),
        ("sat-mon", 97, "mon sat sun"),
        ("sun", 64, "sun"),
        ("mon-sun", 127, ""),
    ],
)
def test_weekdays_are_read_and_written(text: str, mask: int, said: str) -> None:
    assert weekdays_of(text) == mask
    assert weekdays_text(mask) == said


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
def test_a_mistake_in_an_order_is_reported_with_its_field(row: dict[str, str], message: str) -> None:
    good = {"kind": "staff", "from": "2021-10-01", "until": "2021-10-31"}
    assert order_of(good, JAKARTA).valid_from_utc == datetime(2021, 9, 30, 17, 0, tzinfo=UTC)
    assert order_of(good, JAKARTA).valid_until_utc == datetime(2021, 10, 31, 17, 0, tzinfo=UTC)
    with pytest.raises(KioskError, match=message.replace("(", "\\(")):
        order_of({**good, **row}, JAKARTA)


CSV = (
    "label,kind,from,until,days,areas\n"
    "Siti,staff,2021-10-01,2021-10-31,mon-fri,lobby lab\n"
    "=Budi,invited,2021-10-04,2021-10-04,,\n"
)


def test_orders_are_read_from_a_file_with_commas_or_semicolons(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(CSV)
    first, second = read_orders(path, JAKARTA)
    assert (first.label, first.kind, first.weekdays, first.areas) == ("Siti", PassKind.STAFF, 31, ("lobby", "lab"))
    assert (second.kind, second.areas) == (PassKind.INVITED, ())
    path.write_text("\ufeff" + CSV.replace(",", ";"))
    assert read_orders(path, JAKARTA) == [first, second]
    assert areas_of("a,b") == ("a", "b")


def test_all_mistakes_of_a_file_are_reported_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("kind,from,until\nstaff,x,y\nboss,2021-10-01,2021-10-02\n")
    with pytest.raises(KioskError) as caught:
        read_orders(path, JAKARTA)
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == ["orders.csv:2", "orders.csv:3"]
    for text, message in (("name\nx\n", "unknown column 'name'"), ("label\n", "0 orders"), ("", "0 orders")):
        path.write_text(text)
        with pytest.raises(KioskError, match=message):
            read_orders(path, JAKARTA)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KioskError, match="cannot be read"):
        read_orders(path, JAKARTA)
    with path.open("wb") as file:
        os.truncate(file.fileno(), 2_000_000)
    with pytest.raises(KioskError, match="larger than"):
        read_orders(path, JAKARTA)
