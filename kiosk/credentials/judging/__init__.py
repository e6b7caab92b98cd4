"""Judging a code: the table of schemes, the registry, and the worker that judges in its own thread."""
