"""The benchmark: times, memory and processor load of the kiosk. It gives figures; nothing passes or fails."""

import time

BEGAN_NS = time.monotonic_ns()
"""The time at which this process began to run code of the benchmark, before any import of the kiosk."""
