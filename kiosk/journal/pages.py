"""Reads the rows in single pages of a SQLite file, and the pages in its write-ahead log, without SQLite.

Theory. A SQLite database is a sequence of pages. The rows of a table are cells in leaf pages; the schema, the header
and the interior pages only say where the leaves are (sqlite.org/fileformat2.html, sections 1.6 and 2.1). SQLite needs
all of them, so one wrong bit in the schema hides every row. A leaf page, however, can be read alone: it begins with an
8-byte header and an array of pointers; each pointer leads to a cell, which is the size of the record, the rowid, and
the record. A record begins with one serial type for each column, which gives its type and its size.

The write-ahead log (section 4) is a header and frames: the newer version of a page, after 24 bytes with the page's
number, two salts that belong to this generation of the log, and a checksum. The checksum continues the one stored in
the frame before, so each frame can be checked alone. A frame that ends a transaction says so.

Rule 1: these functions are pure and accept any bytes. A cell that breaks the format is left out.
Rule 2: only records without overflow pages are read; the journal's rows are short.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress

PAGE_BYTES = 4096
"""SQLite's default page size, with which every journal was created."""

LOCAL_BYTES = PAGE_BYTES - 35
"""Greatest size of a record in one page; a longer record has overflow pages (section 1.6)."""

SERIAL_BYTES = 2
"""Greatest number of bytes of the serial type of a value that fits into a page (section 2.1)."""

INDEX_PAGES = (0x02, 0x0A)
LOG_MAGIC = b"\x37\x7f\x06\x82"
"""First bytes of a log from a little-endian machine; all machines that run a kiosk are little-endian (section 4.1)."""

LOG_HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
FRAME_BYTES = FRAME_HEADER_BYTES + PAGE_BYTES
INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""Sizes of the serial types that are integers (section 2.1)."""

Value = int | float | str | None


def rows_in(page: bytes, columns: int) -> Iterator[tuple[Value, ...]]:
    """Yield the rows in a leaf page that have `columns` columns; the first value of each is its rowid."""
    for at in _cells(page)[: PAGE_BYTES // columns]:
        with suppress(IndexError, ValueError):
            yield _row(page, at, columns)


def newest_rowid(page: bytes) -> int | None:
    """Return the rowid of the last cell of a leaf page; None if the page holds no rows."""
    if page[0] not in INDEX_PAGES:
        for at in reversed(_cells(page)):
            with suppress(IndexError):
                return _varint(page, _varint(page, at)[1])[0]
    return None


def log_pages(log: bytes) -> dict[int, bytes]:
    """Return the newest version of each page in the write-ahead log `log`, by the number of the page (from 1).

    Only transactions that are certainly durable are used (see `_frames`).
    """
    pages, _ = _frames(log)
    return pages


def log_is_damaged(log: bytes) -> bool:
    """Return True if `log` has a damaged frame before the end of its last durable transaction.

    SQLite ignores the damaged frame and all after it, without an error. A frame that is incomplete because the
    power failed is not damage: it belongs to the last transaction, which was never durable.
    """
    _, damaged = _frames(log)
    return damaged


def _frames(log: bytes) -> tuple[dict[int, bytes], bool]:
    """Return the pages of the durable transactions, and True if one of their frames or the header is damaged.

    A transaction is durable if all its frames are intact, or if an intact frame follows its end: the writer begins a
    transaction only after the previous one was forced to the disk.
    """
    header, stored = log[:24], log[24:LOG_HEADER_BYTES]
    whole = len(stored) == 8 and header[:4] == LOG_MAGIC and _checksum(header, bytes(8)) == stored
    frames = [log[at : at + FRAME_BYTES] for at in range(LOG_HEADER_BYTES, len(log) - FRAME_BYTES + 1, FRAME_BYTES)]
    salts = header[16:24] if whole else _salts(frames)
    right: list[bool] = []
    for frame in frames:
        seed, stored = stored, frame[16:24]
        right.append(frame[8:16] == salts and _checksum(frame[:8] + frame[24:], seed) == stored)
    sound = right.index(False) if False in right else len(right)
    last_right = max((at for at, each in enumerate(right) if each), default=-1)
    durable, first = -1, 0
    for at, frame in enumerate(frames):
        if frame[4:8] != bytes(4):  # the end of a transaction
            if at < last_right or all(right[first : at + 1]):
                durable = at
            first = at + 1
    pages = {
        int.from_bytes(frame[:4], "big"): frame[FRAME_HEADER_BYTES:]
        for frame, is_right in zip(frames[: durable + 1], right, strict=False)
        if is_right
    }
    return pages, durable >= 0 and not (whole and durable < sound)


def _salts(frames: list[bytes]) -> bytes:
    """Return the salts that most of the first frames have; used for a log whose header is damaged."""
    salts = [frame[8:16] for frame in frames[:3]]
    return max(salts, key=salts.count, default=b"")


def _checksum(data: bytes, seed: bytes) -> bytes:
    """Return the checksum of the write-ahead log (section 4.2) over `data`, which continues `seed`."""
    one, two = struct.unpack(">II", seed)
    words = struct.unpack(f"<{len(data) // 4}I", data)
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return struct.pack(">II", one, two)


def _cells(page: bytes) -> tuple[int, ...]:
    """Return the offsets of the cells from the header of a leaf page."""
    count = min(int.from_bytes(page[3:5], "big"), (PAGE_BYTES - 8) // 2)
    return struct.unpack_from(f">{count}H", page, 8)


def _row(page: bytes, at: int, columns: int) -> tuple[Value, ...]:
    """Return the row of the cell at `at`; raise `IndexError` or `ValueError` if no row is there."""
    size, at = _varint(page, at)
    rowid, start = _varint(page, at)
    header, at = _varint(page, start)
    body, end = start + header, start + size
    if size > LOCAL_BYTES or end > len(page) or body > min(end, at + SERIAL_BYTES * columns):
        raise ValueError("the record is longer than its page, or has more columns")
    serials = []
    while at < body:
        serial, at = _varint(page, at)
        serials.append(serial)
    if at != body or len(serials) != columns or serials[0] != 0:  # the rowid is stored as NULL
        raise ValueError("the record has other columns")
    values: list[Value] = [rowid]
    for serial in serials[1:]:
        value, body = _value(page, serial, body)
        values.append(value)
    if body != end:
        raise ValueError("the sizes of the columns do not give the size of the record")
    return tuple(values)


def _value(page: bytes, serial: int, at: int) -> tuple[Value, int]:
    """Return the value of a serial type at `at`, and the offset of its end; raise `ValueError` for other types."""
    if serial == 0:
        return None, at
    if serial in (8, 9):
        return serial - 8, at
    if serial == 7:
        return float(struct.unpack(">d", page[at : at + 8].ljust(8, b"\0"))[0]), at + 8
    if serial in INTEGER_BYTES:
        end = at + INTEGER_BYTES[serial]
        return int.from_bytes(page[at:end], "big", signed=True), end
    if serial < 13 or serial % 2 == 0:
        raise ValueError("a journal has no such values")
    end = at + (serial - 13) // 2
    return page[at:end].decode(), end


def _varint(page: bytes, at: int) -> tuple[int, int]:
    """Return the integer of 1 to 9 bytes at `at`, and the offset of its end; raise `IndexError` beyond the page."""
    value = 0
    for offset in range(at, at + 8):
        value = value << 7 | page[offset] & 0x7F
        if page[offset] < 0x80:
            return value, offset + 1
    return value << 8 | page[at + 8], at + 9
