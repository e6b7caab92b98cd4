"""The entry of health links in the table of schemes."""

from kiosk.credentials.schemes.entry import HealthEntry
from kiosk.credentials.schemes.health_link.health_link import HealthLink, is_health_link

ENTRY = HealthEntry(lambda data, _: is_health_link(data), lambda _, trust: HealthLink(trust))
