"""Certificates of the fleet: its own authority, the broker, the collectors, and one for each kiosk."""
