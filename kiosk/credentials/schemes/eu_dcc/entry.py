"""The entry of the EU DCC, and of the WHO DDCC in the same wrapping, in the table of schemes."""

from kiosk.credentials.content.hcert import PREFIX
from kiosk.credentials.schemes.entry import HealthEntry
from kiosk.credentials.schemes.eu_dcc.eu_dcc import EuDcc

ENTRY = HealthEntry(lambda data, _: data.startswith(PREFIX), lambda _, trust: EuDcc(trust))
