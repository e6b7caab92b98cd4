"""Nothing of the rig is even imported unless it is asked for: `pytest -m rig`, which script/rig does."""

from typing import Any


def pytest_ignore_collect(config: Any) -> bool | None:
    return None if config.getoption("markexpr").startswith("rig") else True
