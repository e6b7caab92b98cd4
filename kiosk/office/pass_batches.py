"""`kiosk pass`, many at once: issue by orders, keep the office's own list, print the sheet, rotate the key.

Rule 1: whose pass it is stands in the office's list and on the paper, never in the pass.
Rule 2: a key is rotated with overlap: the kiosks trust both until the last pass of the old one has ended.
"""

import csv
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.credentials.schemes.site_pass.pass_keys import key_id_of
from kiosk.errors import KioskError
from kiosk.office.pass_office import IssuedPass, issue_order, make_key_pair, save_picture, write_new
from kiosk.office.pass_orders import PassOrder, said_weekdays
from kiosk.office.pass_sheet import SheetEntry, sheet

REGISTER = "passes.csv"
REGISTER_COLUMNS = ("pass_id", "label", "site", "kind", "from_utc", "until_utc", "days", "areas", "key_id")


def issue_all(
    key: Ed25519PrivateKey, site: str, orders: Sequence[PassOrder], folder: Path, pictures: bool = True
) -> list[IssuedPass]:
    """Issue every order into `folder`: a picture each, the sheet `passes-ID.pdf`, and rows in the office's list.

    Raises:
        KioskError: an order is not allowed or a file cannot be written; no pass was handed out then.
    """
    issued = [issue_order(key, site, order) for order in orders]
    _make_folder(folder)
    register(folder / REGISTER, key, issued, orders)
    if pictures:
        for one in issued:
            save_picture(one, folder / f"pass-{one.pass_id}.png")
    entries = [SheetEntry(_caption(one, order), one.text) for one, order in zip(issued, orders, strict=True)]
    write_new(folder / f"passes-{issued[0].pass_id}.pdf", sheet(entries), 0o600)
    return issued


def issue_one(key: Ed25519PrivateKey, site: str, order: PassOrder, picture: Path) -> IssuedPass:
    """Issue one order as `picture`, with a row in the office's list beside it.

    Raises:
        KioskError: the order is not allowed or a file cannot be written.
    """
    issued = issue_order(key, site, order)
    save_picture(issued, picture)
    register(picture.parent / REGISTER, key, [issued], [order])
    return issued


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as trouble:
        raise KioskError(f"'{folder}' cannot be made: {trouble.strerror}; name a folder with --out") from None


def _caption(issued: IssuedPass, order: PassOrder) -> tuple[str, ...]:
    last = order.valid_until_utc - timedelta(seconds=1)
    limits = "  ".join(filter(None, (said_weekdays(order.weekdays), " ".join(order.areas))))
    first = f"{order.label or issued.pass_id}  ({order.kind.name.lower()})"
    return tuple(filter(None, (first, f"{issued.site}, until {last:%Y-%m-%d %H:%M} UTC", limits)))


def register(path: Path, key: Ed25519PrivateKey, issued: Sequence[IssuedPass], orders: Sequence[PassOrder]) -> None:
    """Add passes to the office's own list, readable by its owner only; raises KioskError."""
    key_id = key_id_of(key.public_key()).hex()
    try:
        is_new = not path.exists()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
            rows = csv.writer(file)
            if is_new:
                rows.writerow(REGISTER_COLUMNS)
            for one, order in zip(issued, orders, strict=True):
                begins, ends = order.valid_from_utc.isoformat(), order.valid_until_utc.isoformat()
                told = (_no_formula(order.label), one.site, order.kind.name.lower(), begins, ends)
                rows.writerow((one.pass_id, *told, said_weekdays(order.weekdays), " ".join(order.areas), key_id))
    except OSError as trouble:
        raise KioskError(f"'{path}' cannot be written: {trouble.strerror}") from None


def _no_formula(label: str) -> str:
    """A label that a spreadsheet would take for a formula, with the sign before it that prevents that."""
    return f"'{label}" if label.startswith(("=", "+", "-", "@")) else label


def rotate(folder: Path, old_key: Ed25519PrivateKey, now_utc: datetime) -> str:
    """Make the next key pair, and tell from when the old public key may leave the kiosks; raises KioskError."""
    old_id = key_id_of(old_key.public_key()).hex()
    files = make_key_pair(folder)
    last = _last_end(folder / REGISTER, old_id)
    until = f"{last:%Y-%m-%d}" if last else f"the end of its last pass; '{folder / REGISTER}' lists none of it"
    if last and last <= now_utc:
        until = "now: every pass of it that is listed has ended"
    return (
        f"new private key: {files.private} (issue with it from now on)\n"
        f"new public key: {files.public}\n"
        f"1. name it in 'public_keys' of every kiosk, beside the old one, and restart them\n"
        f"2. issue with the new key\n"
        f"3. the old public key (site-pass-{old_id}.pub.pem) may leave 'public_keys' from: {until}"
    )


def _last_end(path: Path, key_id: str) -> datetime | None:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row.get("key_id") == key_id]
        return max((datetime.fromisoformat(row["until_utc"]) for row in rows), default=None)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError) as trouble:
        raise KioskError(f"'{path}' is not the office's list of passes: {trouble}") from None
