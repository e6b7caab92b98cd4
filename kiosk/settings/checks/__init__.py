"""Cross-checks: settings that are valid one by one, but do not fit together."""
