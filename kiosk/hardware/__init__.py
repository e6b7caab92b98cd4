"""Devices on the wires: pins, relays, lights, inputs, thermometers and cameras. The flow decides how they are used."""
