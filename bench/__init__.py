"""The benchmark: how long, how much memory and how much processor time the entrance takes. Nothing passes or fails."""

import time

BEGAN_NS = time.monotonic_ns()
"""When this process began to run the bench's code, before it imported anything of the kiosk's."""
