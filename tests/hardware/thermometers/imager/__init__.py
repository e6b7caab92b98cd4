"""Tests of the thermal imager."""
