"""Locating QR symbols in a picture: finder patterns, template matches, and textured windows."""
