"""The work of `kiosk pass`: issue passes by orders, keep the office's list of passes, change the office's key.

Rule 1: the bearer's name is written in the office's list and on the printed sheet, never in the pass.
Rule 2: the kiosks trust the old key beside the new one until the last pass that the old key signed has ended.
"""

import csv
import io
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.credentials.schemes.site_pass.pass_keys import key_id_of
from kiosk.errors import KioskError
from kiosk.journal.listing import cell
from kiosk.model import PassUse
from kiosk.office.pass_office import IssuedPass, issue_order, make_key_pair, save_picture, write_new
from kiosk.office.pass_orders import PassOrder, weekdays_text
from kiosk.office.pass_sheet import SheetEntry, sheet
from kiosk.support.files import replace_file

REGISTER = "passes.csv"
REGISTER_COLUMNS = ("pass_id", "label", "site", "kind", "from_utc", "until_utc", "days", "areas", "key_id", "use")


def issue_all(
    key: Ed25519PrivateKey,
    site: str,
    orders: Sequence[PassOrder],
    folder: Path,
    pictures: bool = True,
    watch: Callable[[Sequence[IssuedPass]], Iterable[IssuedPass]] = iter,
) -> list[IssuedPass]:
    """Issue one pass for each order, and write the files into `folder`, which is made if necessary.

    Each pass gets a row in the office's list and, if `pictures` is set, a picture. The sheet `passes-ID.pdf` has all
    passes; ID is the id of the first pass. watch: passes each of the passes through while its picture is drawn.

    Raises:
        KioskError: an order is not allowed, or a file cannot be written. The passes must then not be handed out.
    """
    issued = [issue_order(key, site, order) for order in orders]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KioskError(f"'{folder}' cannot be made: {error.strerror}; name a folder with --out") from None
    register(folder / REGISTER, key, issued, orders)
    if pictures:
        for one in watch(issued):
            save_picture(one, folder / f"pass-{one.pass_id}.png")
    entries = [SheetEntry(_caption(one, order), one.text) for one, order in zip(issued, orders, strict=True)]
    write_new(folder / f"passes-{issued[0].pass_id}.pdf", sheet(entries), 0o600)
    return issued


def read_register(folder: Path) -> list[dict[str, str]]:
    """Return the rows of the office's list, oldest first, by the names of `REGISTER_COLUMNS`.

    Raises `KioskError` if there is none, or if the file is no such list.
    """
    path = folder / REGISTER
    try:
        head, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
    except (OSError, ValueError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise KioskError(f"'{path}' cannot be read: {reason}; name the folder of the pass office") from None
    if tuple(head) not in (REGISTER_COLUMNS, REGISTER_COLUMNS[:-1]):
        raise KioskError(f"'{path}' is not the office's list of passes: it begins with '{','.join(head)[:80]}'")
    return [dict(zip(REGISTER_COLUMNS, [*row, ""], strict=False)) for row in rows]


def issue_one(key: Ed25519PrivateKey, site: str, order: PassOrder, picture: Path) -> IssuedPass:
    """Issue one pass, write it as the picture `picture`, and add a row to the office's list in the same folder.

    Raises:
        KioskError: the order is not allowed or a file cannot be written.
    """
    issued = issue_order(key, site, order)
    save_picture(issued, picture)
    register(picture.parent / REGISTER, key, [issued], [order])
    return issued


def _caption(issued: IssuedPass, order: PassOrder) -> tuple[str, ...]:
    """Return the printed lines: label (else the id) and kind; site and end; weekdays, areas and use if limited."""
    last = order.valid_until_utc - timedelta(seconds=1)
    use = "" if order.use is PassUse.UNLIMITED else order.use.value.replace("_", " ")
    limits = "  ".join(filter(None, (weekdays_text(order.weekdays), " ".join(order.areas), use)))
    first = f"{order.label or issued.pass_id}  ({order.kind.name.lower()})"
    return tuple(filter(None, (first, f"{issued.site}, until {last:%Y-%m-%d %H:%M} UTC", limits)))


def register(path: Path, key: Ed25519PrivateKey, issued: Sequence[IssuedPass], orders: Sequence[PassOrder]) -> None:
    """Add passes to the office's list, the file `path`, which only the owner of the file can read.

    A list of version 0.2.0 or older gets the column `use`, which is empty for its passes.

    Raises:
        KioskError: the list cannot be written, or the file is no list of passes.
    """
    key_id = key_id_of(key.public_key()).hex()
    try:
        is_new = not path.exists()
        if not is_new:
            _add_use(path)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
            rows = csv.writer(file)
            if is_new:
                rows.writerow(REGISTER_COLUMNS)
            for one, order in zip(issued, orders, strict=True):
                begins, ends = order.valid_from_utc.isoformat(), order.valid_until_utc.isoformat()
                cells = (cell(order.label), one.site, order.kind.name.lower(), begins, ends)
                limits = weekdays_text(order.weekdays), " ".join(order.areas)
                rows.writerow((one.pass_id, *cells, *limits, key_id, order.use.value))
    except OSError as error:
        raise KioskError(f"'{path}' cannot be written: {error.strerror}") from None


def _add_use(path: Path) -> None:
    """Give an older list the column `use`. Raises `OSError`, or `KioskError` if the file has other columns."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise KioskError(f"'{path}' is not the office's list of passes: {error}") from None
    *old, _use = REGISTER_COLUMNS
    head, *rows = csv.reader(io.StringIO(text, newline="")) if text else [[]]
    if head == list(REGISTER_COLUMNS):
        return
    if head != old:
        found = ",".join(head)[:80]
        raise KioskError(f"'{path}' is not the office's list of passes: it begins with '{found}'; give it another name")
    file = io.StringIO(newline="")
    csv.writer(file).writerows([REGISTER_COLUMNS, *([*row, ""] for row in rows)])
    replace_file(path, file.getvalue().encode(), mode=0o600)


def rotate(folder: Path, old_key: Ed25519PrivateKey, now_utc: datetime) -> str:
    """Make the next key pair in `folder`.

    Returns:
        the printed instructions for the change. They name the day from which no kiosk needs to trust the old key.

    Raises:
        KioskError: the key files cannot be written, or the office's list cannot be read.
    """
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
    """Return the latest end of the listed passes that this key signed; None if the list has no such pass."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row.get("key_id") == key_id]
        return max((datetime.fromisoformat(row["until_utc"]) for row in rows), default=None)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError) as error:
        raise KioskError(f"'{path}' is not the office's list of passes: {error}") from None
