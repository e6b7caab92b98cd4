"""The sizes of the tests' samples: `script/test` takes small ones, and `KIOSK_TESTS=whole script/test` everything."""

import os
from collections.abc import Iterable
from typing import TypeVar

import pytest

Case = TypeVar("Case")

WHOLE = os.environ.get("KIOSK_TESTS") == "whole"

only_whole = pytest.mark.skipif(not WHOLE, reason="part of KIOSK_TESTS=whole")
"""Marks a test whose paths other tests of the ordinary suite take, too."""


def every(step: int, cases: Iterable[Case]) -> list[Case]:
    """Return all cases, or in the ordinary suite each one of `step`, beginning with the first."""
    return list(cases)[:: 1 if WHOLE else step]


def examples(whole: int) -> int:
    """Return the number of examples that hypothesis draws: `whole`, or a quarter of them in the ordinary suite."""
    return whole if WHOLE else max(whole // 4, 5)
