"""The entry of the WHO's digital yellow card in the table of schemes."""

from kiosk.credentials.schemes.entry import HealthEntry
from kiosk.credentials.schemes.yellow_card.yellow_card import YellowCard, is_yellow_card

ENTRY = HealthEntry(lambda data, _: is_yellow_card(data), lambda _, trust: YellowCard(trust))
