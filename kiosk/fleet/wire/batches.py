"""The messages with rows of the journal, and the answers to them, as JSON.

A batch has a random number. The answer repeats it, so that a late or an invented answer confirms nothing.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from kiosk.errors import KioskError
from kiosk.journal.portions import SENT_COLUMNS, Portion, SentRow

VERSION = 1

MAX_ROWS = 100
MAX_BATCH_BYTES = 64 * 1024
"""The longest batch: MAX_ROWS rows with the longest texts that a kiosk stores (about 550 bytes each)."""

MAX_ANSWER_BYTES = 1024

NUMBER = re.compile(r"[0-9a-f]{16}")
BOOT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A boot id of the kernel (random(4))."""

LONGEST_TEXT = 255
LARGEST_ID = 2**40


class BatchError(KioskError):
    """A message is not a batch of this version; the text says why."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one kiosk. missing: the number of rows before them that the kiosk deleted before they were sent."""

    number: str
    rows: tuple[SentRow, ...]
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """The collector's answer to a batch. refused: why it cannot be stored; "" if the database has its rows."""

    number: str
    refused: str = ""


def encode_batch(number: str, portion: Portion) -> bytes:
    """Return the message for the rows of `portion`."""
    content = {"v": VERSION, "batch": number, "missing": portion.missing, "rows": portion.rows}
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def decode_batch(message: bytes) -> Batch:
    """Return the batch in `message`. Raises `BatchError` if it is not one; no value of a kiosk is trusted."""
    if len(message) > MAX_BATCH_BYTES:
        raise BatchError(f"{len(message)} bytes; at most {MAX_BATCH_BYTES} are allowed")
    content = _object(message)
    if content.get("v") != VERSION:
        raise BatchError(f"version {content.get('v')!r} of the messages; this collector knows {VERSION}: update it")
    number, rows, missing = content.get("batch"), content.get("rows"), content.get("missing")
    if not isinstance(number, str) or not NUMBER.fullmatch(number):
        raise BatchError("the number of the batch is not 16 hexadecimal digits")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_ROWS:
        raise BatchError(f"a batch has 1 to {MAX_ROWS} rows")
    if not isinstance(missing, int) or isinstance(missing, bool) or not 0 <= missing <= LARGEST_ID:
        raise BatchError("the number of missing rows is not a whole number")
    return Batch(number, tuple(map(_row, rows)), missing)


def encode_answer(answer: Answer) -> bytes:
    """Return `answer` as JSON; the seal is not included."""
    return json.dumps({"batch": answer.number, "refused": answer.refused[:LONGEST_TEXT]}).encode()


def decode_answer(message: bytes) -> Answer:
    """Return the answer in `message`. Raises `BatchError` if it is not one."""
    if len(message) > MAX_ANSWER_BYTES:
        raise BatchError(f"{len(message)} bytes; at most {MAX_ANSWER_BYTES} are allowed")
    content = _object(message)
    number, refused = content.get("batch"), content.get("refused")
    if not isinstance(number, str) or not isinstance(refused, str):
        raise BatchError("an answer has the number of a batch and a text")
    return Answer(number, refused[:LONGEST_TEXT])


def _object(message: bytes) -> dict[str, Any]:
    try:
        content = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise BatchError("not JSON") from error
    if not isinstance(content, dict):
        raise BatchError("not a JSON object")
    return content


def _row(values: object) -> SentRow:
    """Return one row whose values have the types and limits of the journal's columns."""
    if not isinstance(values, list) or len(values) != len(SENT_COLUMNS):
        raise BatchError(f"a row has {len(SENT_COLUMNS)} values")
    number, boot, seq, run, app, at_utc, sure, at_s, kind, phase, visit, outcome, *rest = values
    for value in (number, seq, run, visit or 0):
        if type(value) is not int or not 0 <= value <= LARGEST_ID:  # bool is a subclass of int
            raise BatchError("a number of a row is not a whole number from 0 to 2**40")
    if sure not in (0, 1) or not isinstance(at_s, int | float) or not -1e15 < at_s < 1e15:
        raise BatchError("the clock of a row has an impossible value")
    for text in (app, kind, phase, outcome or "", *rest):
        if not isinstance(text, str) or len(text) > LONGEST_TEXT or not text.isprintable():
            raise BatchError(f"a text of a row is not up to {LONGEST_TEXT} printable characters")
    if not isinstance(boot, str) or not BOOT.fullmatch(boot):
        raise BatchError("the boot of a row is not a boot id of the kernel")
    if not isinstance(at_utc, str) or not _is_time(at_utc):
        raise BatchError("the time of a row is not written as the journal writes it")
    return cast("SentRow", tuple(values))  # its values were checked one by one


def _is_time(text: str) -> bool:
    """Return True for UTC with milliseconds (RFC 3339), as `journal.privacy.utc_text` writes it."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 24 and text[10] == "T" and text[23] == "Z" and 1970 <= at.year < 9000
