"""The entry of ICAO's visible digital seals in the table of schemes."""

from kiosk.credentials.schemes.entry import HealthEntry
from kiosk.credentials.schemes.vds_nc.vds_nc import VdsNc, is_seal

ENTRY = HealthEntry(lambda data, _: is_seal(data), lambda _, trust: VdsNc(trust))
