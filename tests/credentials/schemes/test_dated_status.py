from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from kiosk.credentials.schemes.online_status.online_status import OnlineStatus
from kiosk.model import Pass, Reason, Refer, WallTime
from kiosk.settings.schema.policy import DatedStatus, StatusMeaning
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.status_server import StatusServer
from tests.credentials.services import CODE, settings

# The app's colours as they were: yellow entered in 2021, and was one dose too few for the booster rule of July 2022.
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
        from pathlib import Path

        yield OnlineStatus(wanted, Path(), VirtualClock(), 1.0, lambda _: None)


def at(day: str, sure: bool = True) -> WallTime:
    return WallTime(datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC), sure)


def test_a_colour_means_what_it_meant_on_that_day(scheme: OnlineStatus) -> None:
    code = CODE.encode()
    assert scheme.judge(code, at("2021-10-01")) == Pass("yellow")
    assert scheme.judge(code, at("2022-02-15")) == Refer(Reason.STATUS_UNKNOWN, "unlisted_status")
    assert scheme.judge(code, at("2022-07-17")) == Refer(Reason.BELOW_MINIMUM_DOSES, "yellow")


def test_without_a_sure_clock_no_dated_meaning_is_used(scheme: OnlineStatus) -> None:
    assert scheme.judge(CODE.encode(), at("2022-07-17", sure=False)) == Refer(Reason.CLOCK_UNSURE, "dated_status")
