"""Planted bugs, and the commands that must find them: `script/mutants`, and the section in docs/worlds.md."""
