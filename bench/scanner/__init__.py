"""Parts of the benchmarks of the scanner: `bench/scan.py`, `bench/hints.py` and `bench/stages.py`."""
