"""The benchmark of the entrance: `python -m bench.entrance` prints the machine, the date, and one table of figures.

Rule 1: figures, no verdicts: a machine is slow or busy for many reasons, and a test that times is wrong for most.
Rule 2: the processes are the real ones; simulated are the pins, the thermometer's bus and the camera's pictures.
Rule 3: where what is measured happens in two processes, both note the one clock of the machine.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import durable, flow, pictures, rest, start, visits
from bench.figures import Row, table
from bench.machine import described, load
from bench.site import Site

FOLDER = Path(__file__).parents[1] / "var"
"""On the project's own disk: a temporary folder may be in memory, where a journal is durable in no time."""

MEASURES: tuple[Callable[[Path], list[Row]], ...] = (
    lambda _folder: flow.rows(),
    durable.rows,
    lambda folder: pictures.rows(Site(folder).new_pass()),
    start.rows,  # the first of the two processes: it compiles them
    visits.rows,
    visits.without_status_service,
    rest.rows,
    rest.without_presence_sensor,
)


def main() -> None:
    """Measure everything and print it."""
    FOLDER.mkdir(exist_ok=True)
    print(described(FOLDER), flush=True)
    rows: list[Row] = []
    for number, measure in enumerate(MEASURES, 1):
        print(f"bench: {number} of {len(MEASURES)}", file=sys.stderr, flush=True)
        with TemporaryDirectory(prefix="bench-", dir=FOLDER) as folder:
            rows += measure(Path(folder))
    print(f"* load when it ended: {load()}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
