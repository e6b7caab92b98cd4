"""Judging a code: the table of schemes, the registry, and the worker that judges beside the loop."""
