"""The simulation: the real kiosk with its real drivers, on fake buses, mock pins, drawn frames and a local web service.

Only the ends of the wires are simulated. A driver is tested best with the bytes and levels that a device gives. So the
thermometer is a fake I2C bus below smbus2, the relays and inputs are gpiozero's mock pins, and the camera draws frames
that the real decoder reads. The code above the drivers cannot tell the simulation from real devices. It is never a
fallback: only `kiosk demo`, the tests and the benchmark choose it.
"""
