"""The 40-pin header of a Raspberry Pi: which GPIO number, supply or ground is at which place.

Source: Raspberry Pi documentation, "GPIO and the 40-pin header"; the same on all models with 40 pins.
"""

SUPPLIES = {1: "3.3 V", 17: "3.3 V", 2: "5 V", 4: "5 V"} | dict.fromkeys((6, 9, 14, 20, 25, 30, 34, 39), "ground")
"""Places of the supplies."""

GPIO_AT = {
    3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10, 21: 9, 22: 25, 23: 11,
    24: 8, 26: 7, 27: 0, 28: 1, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19, 36: 16, 37: 26, 38: 20, 40: 21,
}  # fmt: skip
"""The GPIO number (BCM) at each place of the header."""

PLACE_OF = {gpio: place for place, gpio in GPIO_AT.items()}
"""The place on the header of each GPIO number."""


def at_place(place: int) -> str:
    """Return what is at a place of the header, such as "GPIO 5" or "ground"; "" if there is no such place."""
    if place in GPIO_AT:
        return f"GPIO {GPIO_AT[place]}"
    return SUPPLIES.get(place, "")
