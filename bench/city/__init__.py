"""Parts of the benchmark of a city's fleet, `bench/fleet.py`: engines, kiosks, the office, outages."""
