"""Sampling a located symbol: its pose in the picture, its lattice, and the darkness of its modules."""
