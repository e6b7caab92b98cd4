"""The schema of the settings: every default, unit, limit and help text."""
