"""The office's page: the kiosks on a list and a map, the silent ones, today's counts, one kiosk's week."""
