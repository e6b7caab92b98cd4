"""Mechanisms without a subject of their own: delivery to a bounded inbox, replacement of files."""
