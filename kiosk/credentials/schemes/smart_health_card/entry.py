"""The entry of SMART Health Cards in the table of schemes."""

from kiosk.credentials.schemes.entry import HealthEntry
from kiosk.credentials.schemes.smart_health_card.smart_health_card import PREFIX, SmartHealthCard

ENTRY = HealthEntry(lambda data, _: data.startswith(PREFIX), lambda _, trust: SmartHealthCard(trust))
