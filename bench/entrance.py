"""The benchmark of the entrance: `python -m bench.entrance` prints the machine, the date, and a table of figures.

Rule 1: it gives figures and no verdicts. A test that measures time fails on a slow or busy machine without a reason.
Rule 2: the processes are the real ones. Simulated are the pins, the thermometer's bus and the camera's frames.
Rule 3: times in two processes are compared on the one monotonic clock of the machine.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.door import durable, flow, pictures, rest, start, visits
from bench.door.site import Site
from bench.figures import Row, as_json, table
from bench.machine import described, facts, load

FOLDER = Path(__file__).parents[1] / "var"
"""A folder on the project's disk. A temporary folder may be in memory, where a durable write takes no time."""

MEASURES: tuple[Callable[[Path], list[Row]], ...] = (
    lambda _folder: flow.rows(),
    durable.rows,
    lambda folder: pictures.rows(Site(folder).new_pass()),
    start.rows,  # the first measurement with processes: it compiles the sources
    visits.rows,
    visits.without_status_service,
    rest.rows,
    rest.without_presence_sensor,
)


def main() -> None:
    """Measure everything and print the table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.entrance", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="print JSON, with every sample")
    to_programs = parser.parse_args().json
    FOLDER.mkdir(exist_ok=True)
    machine = facts(FOLDER)
    rows: list[Row] = []
    for number, measure in enumerate(MEASURES, 1):
        print(f"bench: {number} of {len(MEASURES)}", file=sys.stderr, flush=True)
        with TemporaryDirectory(prefix="bench-", dir=FOLDER) as folder:
            rows += measure(Path(folder))
    machine["load when it ended"] = load()
    print(as_json(rows, machine) if to_programs else f"{described(machine)}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
