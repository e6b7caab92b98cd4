"""The simulation: the real kiosk with its real drivers, on fake buses, mock pins, drawn frames and a local web service.

Simulated are only the ends of the wires. A driver is tested best by the bytes and levels that a device would give, so
the thermometer is a fake I2C bus below smbus2, the relays and inputs are gpiozero's mock pins, and the camera draws
frames that the real decoder reads. Nothing above a driver knows of the simulation, and nothing falls back to it: only
`kiosk demo`, the tests and the benchmark choose it.
"""
