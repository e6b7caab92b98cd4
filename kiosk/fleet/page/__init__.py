"""The office's page: the kiosks on a list and a map, who is silent, today's counts, one kiosk's week."""
