"""Infrared thermometers: the drivers, and the worker that takes settled readings."""
