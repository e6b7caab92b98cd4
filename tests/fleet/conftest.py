"""A broker and a database for the tests of this room; the tests skip loudly where they are not installed."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.city import engines as fleet_engines
from bench.city.engines import Mosquitto, Postgres, readable_folder

numbers = itertools.count()


def need_engines() -> None:
    if absent := fleet_engines.missing():
        pytest.skip(f"NOT CHECKED: {absent} not installed (sudo apt-get install mosquitto postgresql)")


@pytest.fixture(scope="session")
def engine_folder() -> Iterator[Path]:
    need_engines()
    with readable_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres(engine_folder: Path) -> Iterator[Postgres]:
    with Postgres(engine_folder / "postgres") as engine:
        yield engine


@pytest.fixture
def database(postgres: Postgres) -> str:
    """Return the address of an empty database."""
    return postgres.create(f"fleet{next(numbers)}")


@pytest.fixture
def broker(engine_folder: Path) -> Iterator[Mosquitto]:
    """Yield a broker in which everybody may do everything."""
    with Mosquitto(engine_folder / f"mosquitto{next(numbers)}") as engine:
        yield engine
