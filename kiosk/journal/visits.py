"""One visit as `kiosk journal show` prints it: from the rows and, for the last visits, from the running kiosk."""

import json
import socket
from dataclasses import asdict
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kiosk.journal.listing import StoredRow

FEED = Path("/run/kiosk/technician.sock")
"""The running kiosk tells its last visits here, with their steps; root can read it."""

MAX_FEED_BYTES = 512 * 1024
FEED_S = 3.0

NOT_RECORDED = (
    "not recorded: the times of the steps, and what the visitor was told. The running kiosk knows them for its last "
    "visits; ask it as root."
)


def rows_of_visit(rows: "list[StoredRow]", number: int) -> "tuple[list[StoredRow], list[StoredRow]]":
    """Return the rows of the newest visit with this number, and the rows between them and the visit before.

    The second list has what happened meanwhile: faults, sprays that were broken off, and passages without an admission.
    """
    own = [row for row in rows if row.visit == number]
    own = [row for row in own if row.run == own[-1].run]
    if not own:
        return [], []
    before = max((row.id for row in rows if row.id < own[0].id and row.outcome), default=0)
    first = max((row.id for row in rows if row.id < own[0].id and row.kind == "started"), default=0)
    meanwhile = [row for row in rows if max(before, first) < row.id < own[-1].id and row.visit is None]
    return own, meanwhile


def steps_of_visit(rows: "list[StoredRow]", visits: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the steps of the visit with these rows, as the running kiosk knows them; None if it does not.

    visits: what the running kiosk knows. After a restart it counts visits from 1 again, so a visit that began after the
    last row is another one.
    """
    for visit in visits:
        began = datetime.fromisoformat(visit["began"])
        if visit.get("number") == rows[-1].visit and began <= rows[0].at:
            return visit
    return None


def as_text(
    own: "list[StoredRow]", meanwhile: "list[StoredRow]", steps: dict[str, Any] | None, zone: tzinfo
) -> "list[str]":
    """Return the lines that describe a visit."""
    lines = [f"visit {own[-1].visit}, {own[-1].at.astimezone(zone):%Y-%m-%d}, run {own[-1].run}"]
    if steps is None:
        lines.append(f"  {NOT_RECORDED}")
    else:
        lines += [f"  {seconds:8.1f} s  {name.replace('_', ' ')}" for seconds, name in steps["situations"]]
        if steps.get("notices"):
            lines.append(f"  the visitor was told: {', '.join(steps['notices'])}")
    lines.append("rows, with the seconds since the first one:")
    first = own[0]
    for row in sorted((*own, *meanwhile), key=lambda row: row.id):
        same_clock = row.boot == first.boot
        after = f"{row.at_s - first.at_s:+8.1f} s" if same_clock else " " * 10
        lines.append(f"{after}  {row.phase:<14}{row.line(zone)}")
    return [*lines, why(own)]


def as_json(own: "list[StoredRow]", meanwhile: "list[StoredRow]", steps: dict[str, Any] | None) -> str:
    """Return a visit as one JSON object; `steps` is null if they are not recorded."""
    found = {
        "rows": [asdict(row) for row in own],
        "meanwhile": [asdict(row) for row in meanwhile],
        "steps": steps,
        "not_recorded": "" if steps else NOT_RECORDED,
    }
    return json.dumps(found, default=str, ensure_ascii=False, indent=1)


def why(rows: "list[StoredRow]") -> str:
    """Return why a visit ended as it did, from its rows: the outcome, the reason and the rule that decided."""
    decided = next((row for row in reversed(rows) if row.outcome), None)
    if decided is None:
        return "it has not ended"
    words = [f"outcome: {decided.outcome}"]
    words += [f"reason: {decided.reason}"] if decided.reason else []
    words += [f"kind of credential: {decided.scheme}"] if decided.scheme else []
    if decided.detail:
        words.append(f"the rule that decided, or the phase in which it ended: {decided.detail}")
    elif decided.reason:
        words.append(f"the rule that decided: {decided.reason}")
    return "; ".join(words)


def live_visits(feed: Path) -> list[dict[str, Any]]:
    """Return the last visits as the running kiosk knows them; an empty list if it cannot be asked."""
    data = b""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            peer.settimeout(FEED_S)
            peer.connect(str(feed))
            while b"\n" not in data and len(data) < MAX_FEED_BYTES and (part := peer.recv(65536)):
                data += part
        visits = json.loads(data.partition(b"\n")[0])["visits"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [visit for visit in visits if isinstance(visit, dict)]
