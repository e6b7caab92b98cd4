"""Cross-checks: find settings that are valid one by one but contradict each other."""
