"""The tests of the rig are imported only with `pytest -m rig`, which script/rig runs."""

from typing import Any


def pytest_ignore_collect(config: Any) -> bool | None:
    return None if config.getoption("markexpr").startswith("rig") else True
