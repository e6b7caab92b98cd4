"""Cameras: the protocol that the scanner uses, and one driver for each kind of camera."""
