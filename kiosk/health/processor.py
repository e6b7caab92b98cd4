"""The temperature of the processor, as the office and the technician's page show it."""

from pathlib import Path

CPU_TEMPERATURE = Path("/sys/class/thermal/thermal_zone0/temp")
"""The file has thousandths of a degree Celsius (Linux, Documentation/driver-api/thermal/sysfs-api.rst)."""


def read_cpu_c(path: Path = CPU_TEMPERATURE) -> float | None:
    """Return the temperature of the processor in degrees Celsius; None if this computer does not tell it."""
    try:
        return int(path.read_text()) / 1000
    except (OSError, ValueError):
        return None
