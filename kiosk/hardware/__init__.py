"""Pins, relays, lights, buttons, thermometers and cameras: the wire, never the meaning."""
