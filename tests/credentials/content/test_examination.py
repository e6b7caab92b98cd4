from datetime import UTC, datetime

import pytest

from kiosk.credentials.content.credential import Check, CheckRefused, Examination
from kiosk.errors import BadCredential
from kiosk.model import Reason, Refer


def test_a_detail_is_put_together_when_it_is_read() -> None:
    at = datetime(2021, 10, 1, 9, 0, tzinfo=UTC)
    assert Check("dates", True, "{} to {}", (at, None)).detail == "2021-10-01 09:00 UTC to open"
    assert Check("key", True, "{}, {} in the trust list", ("a{b}", 0)).detail == "a{b}, 0 in the trust list"
    assert Check("free", True, "a {brace} without values").detail == "a {brace} without values"


def test_a_part_records_into_the_whole_under_its_own_name() -> None:
    whole = Examination("eu_dcc")
    whole.demand("key", True, Reason.UNTRUSTED_ISSUER)
    with pytest.raises(CheckRefused) as refused:
        whole.part("doses").demand("least", False, Reason.BELOW_MINIMUM_DOSES, "{} doses", 1)
    assert refused.value.verdict == Refer(Reason.BELOW_MINIMUM_DOSES, "doses.least")
    assert [(check.name, check.passed, check.detail) for check in whole.checks] == [
        ("key", True, ""),
        ("doses.least", False, "1 doses"),
    ]


@pytest.mark.parametrize("kept", [True, False])
def test_an_examination_that_is_not_kept_decides_the_same_and_records_nothing(kept: bool) -> None:
    examination = Examination("eu_dcc", kept=kept)
    with examination.reading("cose"):
        pass
    with pytest.raises(BadCredential, match="no map"), examination.reading("claims"):
        raise BadCredential("no map")
    with pytest.raises(CheckRefused) as refused, examination.reading_signed("schema"):
        raise BadCredential("no dob")
    assert refused.value.verdict == Refer(Reason.INCOMPLETE, "eu_dcc.schema")
    assert str(refused.value.__cause__) == "no dob"
    assert len(examination.checks) == (3 if kept else 0)


def test_another_error_passes_through_a_reading() -> None:
    examination = Examination("eu_dcc")
    with pytest.raises(ZeroDivisionError), examination.reading("cose"):
        raise ZeroDivisionError
    assert examination.checks == []
