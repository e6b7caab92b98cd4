"""ICAO visible digital seals for travellers' health (VDS-NC)."""
