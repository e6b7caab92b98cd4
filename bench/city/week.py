"""A week of a city: the visits of seven days at each site, written as they come, through outages of everything.

The visitors' time of day runs as fast as the machine allows; the clocks of the connections run SPEED times faster than
real time, as in `fleet_outages`. In the end the database must have each row once and in order, and its hourly counts
must be those of the journals.
"""

import sqlite3
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from bench.city.kiosks import Loop, SimulatedKiosk
from bench.city.office import Office, compare
from bench.city.outages import SPEED, End, Trouble, catch_up
from bench.city.proxy import Proxy
from kiosk.flow.state import Outcome
from kiosk.journal.records import Record, RowKind
from kiosk.model import Phase, WallTime

DAYS = 7
STEP = timedelta(minutes=5)
VISITS_A_DAY = 600
WEEKEND = 0.3
"""Part of the visits that come on a Saturday or a Sunday."""

SHARE_BY_HOUR = {1: 0.14, 2: 0.22, 3: 0.18, 4: 0.10, 5: 0.06, 6: 0.12, 7: 0.10, 8: 0.06, 9: 0.02}
"""Part of a day's visits by the hour in UTC: an office in Jakarta from 8 to 17 o'clock."""

LONGEST_OUTAGE = 8
"""Steps of opening time."""

LEAST_STEP_S = 0.02
"""Real time of a step at least, after its rows are written; their writing takes longer."""


class City:
    """The visits of a week. `now` is the visitors' time."""

    def __init__(self, random: Random) -> None:
        self._random = random
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self.now = midnight - timedelta(days=DAYS)
        self.steps = [
            self.now + day * timedelta(days=1) + hour * timedelta(hours=1) + step * STEP
            for day in range(DAYS)
            for hour in sorted(SHARE_BY_HOUR)
            for step in range(timedelta(hours=1) // STEP)
        ]

    def wall(self) -> WallTime:
        return WallTime(self.now, sure=True)

    def records(self) -> list[Record]:
        """Return what one site writes in the step that begins now."""
        share = SHARE_BY_HOUR[self.now.hour] * (WEEKEND if self.now.weekday() >= 5 else 1.0)
        mean = VISITS_A_DAY * share * (STEP / timedelta(hours=1))
        found = []
        for _ in range(round(self._random.gauss(mean, mean**0.5))):
            found += self._visit()
        return found

    def _visit(self) -> list[Record]:
        visit, draw = self._random.randrange(1, 2**31), self._random.random()
        if draw < 0.04:
            reason = self._random.choice(("fever", "no_credential", "expired"))
            return [Record(RowKind.VISIT, 1.0, Phase.REFERRING, visit, Outcome.REFERRED, reason, "site_pass", "")]
        found = [
            Record(RowKind.VISIT, 1.0, Phase.ADMITTING, visit, Outcome.ADMITTED, "", "site_pass", "site_pass"),
            Record(RowKind.WENT_THROUGH, 2.0, Phase.ADMITTING, visit, None, "", "", ""),
        ]
        if draw > 0.998:
            found += [
                Record(kind, 3.0, Phase.IDLE, None, None, "camera_silent", "", "camera")
                for kind in (RowKind.FAULT_RAISED, RowKind.FAULT_CLEARED)
            ]
        return found


def week(folder: Path, outages: int, kiosks: int, random: Random) -> dict[str, Any]:
    """Run the week; return what was lost, doubled, disordered and miscounted."""
    city = City(random)
    with Office(folder / "office", has_tls=False) as office, Proxy(office.broker.port) as proxy:
        loop, sites = Loop(SPEED), []
        for number in range(kiosks):
            own = folder / f"site-{number}"
            own.mkdir()
            sites.append(SimulatedKiosk(own.name, own, loop, lambda: proxy.port, random, None, wall=city.wall))
        trouble = Trouble(office, proxy, sites, random)
        starts = sorted(random.choices(range(len(city.steps)), k=outages))
        order = list(zip(starts, trouble.order(outages), strict=True))
        standing: list[tuple[int, End]] = []
        began_s = time.monotonic()
        for step, now in enumerate(city.steps):
            city.now = now
            for _, end in [each for each in standing if each[0] <= step]:
                end()
            standing = [each for each in standing if each[0] > step]
            if order and order[0][0] <= step and not standing:
                standing.append((step + random.randint(1, LONGEST_OUTAGE), order.pop(0)[1]()))
            live_through_step(city, loop, sites)
        for _, end in standing:
            end()
        caught_up = catch_up(loop, sites)
        took_s = time.monotonic() - began_s
        found = compare(office, sites) | {"miscounted": miscounted(office, sites)}
        for site in sites:
            site.cut_power(loses_cursor=False)
    return found | {
        "days": DAYS, "outages": outages - len(order), "caught_up": caught_up, "took_s": round(took_s, 1),
        "rows_per_s": round(found["rows"] / took_s),
    }  # fmt: skip


def live_through_step(city: City, loop: Loop, sites: list[SimulatedKiosk]) -> None:
    for site in sites:
        if site.is_on:
            site.note(city.records())
            loop.turn(0.0)
    ends_at_s = time.monotonic() + LEAST_STEP_S
    while time.monotonic() < ends_at_s:
        loop.turn(LEAST_STEP_S)


def miscounted(office: Office, sites: list[SimulatedKiosk]) -> int:
    """Return the number of hourly counts of the database that are not those of the journals."""
    expected: Counter[tuple[object, ...]] = Counter()
    for site in sites:
        connection = sqlite3.connect(site.path)
        for hour, *what in connection.execute(
            "SELECT substr(at_utc, 1, 13), kind, coalesce(outcome, ''), reason FROM journal"
        ):
            expected[(site.name, hour, *what)] += 1
        connection.close()
    counted = office.ask(
        "SELECT kiosk, to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24'), kind, outcome, reason,"
        " sum(rows)::bigint FROM hourly GROUP BY 1, 2, 3, 4, 5"
    )
    found: dict[tuple[object, ...], int] = {tuple(key): rows for *key, rows in counted}
    return sum(found.get(key) != rows for key, rows in expected.items()) + len(found.keys() - expected.keys())
