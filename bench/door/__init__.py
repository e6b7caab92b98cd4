"""Parts of the benchmark of the entrance, `python -m bench.entrance`: a booth with real processes, and its figures."""
