"""From YAML text to values that know their line and column."""
