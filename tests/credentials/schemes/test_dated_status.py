from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.credentials.schemes.online_status.online_status import OnlineStatus
from kiosk.model import Pass, Reason, Refer, WallTime
from kiosk.settings.schema.services import DatedStatus, StatusMeaning
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.services.status_server import StatusServer
from tests.credentials.services import CODE, settings

# The app's colours: yellow was admitted in 2021; under the booster rule of July 2022 it meant one dose too few.
FEBRUARY = DatedStatus(
    holds_from="2022-02-15", status={"green": StatusMeaning.PASS, "black": StatusMeaning.STATUS_DENIED}
)
JULY = DatedStatus(
    holds_from="2022-07-17", status={"green": StatusMeaning.PASS, "yellow": StatusMeaning.BELOW_MINIMUM_DOSES}
)


@pytest.fixture
def scheme() -> Iterator[OnlineStatus]:
    with StatusServer({CODE: "yellow"}) as service:
        wanted = settings(service.address, dated_status=(JULY, FEBRUARY))
        yield OnlineStatus(wanted, Path(), VirtualClock(), 15.0, lambda _: None)


def at(day: str, sure: bool = True) -> WallTime:
    return WallTime(datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC), sure)


def test_a_colour_has_the_meaning_of_the_visits_day(scheme: OnlineStatus) -> None:
    code = CODE.encode()
    assert scheme.judge(code, at("2021-10-01")) == Pass("yellow")
    assert scheme.judge(code, at("2022-02-15")) == Refer(Reason.STATUS_UNKNOWN, "unlisted_status")
    assert scheme.judge(code, at("2022-07-17")) == Refer(Reason.BELOW_MINIMUM_DOSES, "yellow")


def test_an_unsure_clock_refers_if_meanings_are_dated(scheme: OnlineStatus) -> None:
    assert scheme.judge(CODE.encode(), at("2022-07-17", sure=False)) == Refer(Reason.CLOCK_UNSURE, "dated_status")
