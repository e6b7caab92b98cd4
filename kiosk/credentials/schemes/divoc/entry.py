"""The entry of DIVOC certificates in the table of schemes."""

from kiosk.credentials.schemes.divoc.divoc import Divoc
from kiosk.credentials.schemes.divoc.divoc_zip import is_divoc
from kiosk.credentials.schemes.entry import HealthEntry

ENTRY = HealthEntry(lambda data, _: is_divoc(data), lambda settings, trust: Divoc(trust, settings.unsigned_holder))
