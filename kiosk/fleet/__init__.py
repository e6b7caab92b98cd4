"""The kiosk as one of many: what it sends to the city's office and takes from there, and the office's collector."""
