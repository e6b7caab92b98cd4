"""The kiosk's metadata and the only place where version ranges of its dependencies stand."""

import ast
from pathlib import Path

from setuptools import find_packages, setup

# Read without importing the package, whose needs may not be there yet.
VERSION = ast.literal_eval(Path(__file__).with_name("kiosk").joinpath("__init__.py").read_text().partition("= ")[2])

# Every package was looked up for maintenance and for aarch64 wheels (or pure Python) on 3.11 to 3.13. What is installed
# is locked in lock/ (script/lock). The lowest releases are those that pass script/test-releases: cryptography before 50
# raises KeyError on some damaged certificates; pydantic before 2.11 cannot tell the defaults of the schema.
CONTROLLER = [
    "cbor2>=6.3,<7",
    "cryptography>=50",
    "gpiozero>=2.0.1,<3",
    "paho-mqtt>=2.1,<3",
    "prometheus-client>=0.21,<1",
    "pydantic>=2.11,<3",
    "pyyaml>=6.0.2,<7",
    "requests>=2.32.3,<3",
    "securesystemslib>=1.3,<2",
    "segno>=1.6.1,<2",
    "smbus2>=0.5,<1",
    "starlette>=0.46,<2",
    "tuf>=6,<8",
    "tzdata>=2024.2",  # a minimal system has no time zones
    "uvicorn>=0.34,<1",
]
# The headless build of opencv-python is the same cv2 without libGL, which a kiosk at a door does not have.
# On a Raspberry Pi apt's python3-opencv and python3-numpy serve instead (they match apt's picamera2).
SCANNER = [
    "numpy>=2.1",
    "opencv-python-headless>=4.10.0.84",
    "pyzbar>=0.1.9,<0.2",
    "zxing-cpp>=3.1,<4,!=3.1.1",  # 3.1.1 can loop for ever on a crafted pattern (zxing-cpp issue 1150)
]
# python3-lgpio and python3-picamera2 come from apt on Raspberry Pi OS; script/install does that.
PI = ["lgpio>=0.2.2", "picamera2>=0.3.25"]
# The collector runs in the office, never on a kiosk.
FLEET = ["psycopg[binary]>=3.2.2,<4"]
TEST = [
    "base45>=0.4.4,<1",  # for comparison in bench/credentials
    "axe-playwright-python>=0.1.7,<0.2",  # brings axe-core
    "coverage[toml]>=7.6.2",
    "httpx>=0.28,<1",
    "hypothesis>=6.112",
    "mypy>=1.13",
    "playwright>=1.49",  # drives Debian's Chromium; its own browsers are not downloaded
    "pytest>=9.2",
    "pytest-cov>=6",
    "pytest-xdist>=3.6",
    "ruff>=0.8",
    "types-PyYAML>=6.0.12.20240917",
    "types-requests>=2.32",
]

# For the signature of the WHO's key list; a kiosk judges credentials without it.
OFFICE = ["PyLD>=3.3,<4"]

setup(
    name="entrance-kiosk",
    version=VERSION,
    description="An open entrance kiosk: disinfect, measure, scan, and open the door or refer kindly",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["kiosk", "kiosk.*"]),
    package_data={
        "kiosk": ["py.typed"],
        "kiosk.credentials.formats": ["contexts/*"],
        "kiosk.display": ["static/*"],
        "kiosk.fleet.collector": ["sql/*"],
        "kiosk.fleet.page": ["static/*"],
        "kiosk.settings.wizard": ["kiosk.yaml"],  # a link to config/kiosk.yaml
        "kiosk.support.web": ["static/*"],
        "kiosk.technician": ["static/*"],
        "kiosk.simulator": ["config/demo.yaml", "config/texts/*.yaml"],  # through a link to config/
    },
    install_requires=CONTROLLER,
    extras_require={
        "scanner": SCANNER,
        "pi": PI,
        "fleet": FLEET,
        "office": OFFICE,
        "test": SCANNER + FLEET + OFFICE + TEST,
    },
    entry_points={"console_scripts": ["kiosk=kiosk.cli:main"]},
)
