"""Sampling of a located symbol: its pose, the bend of its paper, and the soft bits of its modules."""
