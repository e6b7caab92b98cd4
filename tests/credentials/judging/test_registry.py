import logging
import os
from datetime import UTC, datetime

import pytest

from kiosk.credentials.judging.registry import Judgement, Registry
from kiosk.errors import BadCredential
from kiosk.model import Pass, Payload, Reason, Refer, Verdict, WallTime
from tests.credentials import passes

WHEN = WallTime(datetime(2021, 10, 4, tzinfo=UTC), sure=True)


class ScriptedScheme:
    """A scheme that claims codes with a prefix, and returns or raises the given outcome."""

    def __init__(self, name: str, prefix: bytes, outcome: Verdict | BaseException, max_bytes: int = 20) -> None:
        self.name = name
        self.max_bytes = max_bytes
        self.seen: list[bytes] = []
        self._prefix = prefix
        self._outcome = outcome

    def claims(self, data: bytes) -> bool:
        self.seen.append(data)
        return data.startswith(self._prefix)

    def judge(self, data: bytes, when: WallTime) -> Verdict:
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        return self._outcome


def test_the_first_scheme_that_claims_a_code_judges_it() -> None:
    first, second, third = (
        ScriptedScheme(name, prefix, Pass(name)) for name, prefix in [("a", b"X"), ("b", b"Y"), ("c", b"Y")]
    )
    assert Registry([first, second, third]).judge(Payload(b"Y1"), WHEN) == Judgement(Pass("b"), "b")
    assert third.seen == []


def test_a_code_that_no_scheme_claims_is_not_a_credential() -> None:
    judgement = Registry([ScriptedScheme("a", b"X", Pass())]).judge(Payload(b"WIFI:S:x;;"), WHEN)
    assert judgement == Judgement(Refer(Reason.NOT_A_CREDENTIAL), "")


def test_without_schemes_nothing_is_a_credential() -> None:
    assert Registry([]).judge(Payload(b""), WHEN) == Judgement(Refer(Reason.NOT_A_CREDENTIAL), "")


def test_a_scheme_never_gets_a_code_longer_than_its_limit() -> None:
    scheme = ScriptedScheme("a", b"X", Pass(), max_bytes=3)
    registry = Registry([scheme])
    assert registry.judge(Payload(b"X23"), WHEN).verdict == Pass()
    assert registry.judge(Payload(b"X234"), WHEN) == Judgement(Refer(Reason.NOT_A_CREDENTIAL), "")
    assert scheme.seen == [b"X23"]


def test_a_code_that_its_scheme_rejects_is_not_a_credential() -> None:
    judgement = Registry([ScriptedScheme("a", b"X", BadCredential("torn"))]).judge(Payload(b"X"), WHEN)
    assert judgement == Judgement(Refer(Reason.NOT_A_CREDENTIAL), "a")


class PanicOfARustLibrary(BaseException):
    """Like PanicException of pyo3, which does not derive from `Exception`."""


@pytest.mark.parametrize(
    "error",
    [ValueError("X secret"), RecursionError(), MemoryError(), AssertionError(), PanicOfARustLibrary("X secret")],
)
def test_an_error_in_a_scheme_neither_admits_the_visitor_nor_stops_the_service(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    registry = Registry([ScriptedScheme("a", b"X", error), ScriptedScheme("b", b"", Pass())])
    with caplog.at_level(logging.DEBUG):
        judgement = registry.judge(Payload(b"X secret"), WHEN)
    assert judgement == Judgement(Refer(Reason.NOT_A_CREDENTIAL, "scheme_failed"), "a")
    assert caplog.text.count(f"a failed: {type(error).__name__} < judge:") == 1
    assert "secret" not in caplog.text


def test_an_error_while_a_scheme_claims_is_handled_in_the_same_way() -> None:
    class Broken(ScriptedScheme):
        def claims(self, data: bytes) -> bool:
            raise IndexError(data)

    judgement = Registry([Broken("broken", b"", Pass())]).judge(Payload(b"X"), WHEN)
    assert judgement == Judgement(Refer(Reason.NOT_A_CREDENTIAL, "scheme_failed"), "broken")


@pytest.mark.parametrize("order", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_and_an_exit_are_not_suppressed(order: type[BaseException]) -> None:
    with pytest.raises(order):
        Registry([ScriptedScheme("a", b"X", order())]).judge(Payload(b"X"), WHEN)


@pytest.mark.parametrize("prefix", [b"", b"KP1:"])
def test_a_code_of_2900_random_bytes_is_not_a_credential(prefix: bytes) -> None:
    data = (prefix + os.urandom(2900))[:2900]
    judgement = Registry([passes.scheme()]).judge(Payload(data), WHEN)
    assert judgement == Judgement(Refer(Reason.NOT_A_CREDENTIAL), "")


def test_no_repr_shows_the_code() -> None:
    data = passes.text()
    registry = Registry([passes.scheme()])
    judgement = registry.judge(Payload(data), passes.SURE)
    shown = f"{Payload(data)!r} {judgement!r} {registry!r} {passes.scheme()!r}"
    assert judgement == Judgement(Pass("staff"), "site_pass")
    assert data.decode()[4:20] not in shown
