"""The kiosk as one of many: what it sends to the city's office, and what it takes from there."""
