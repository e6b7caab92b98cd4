"""The fleet: messages and bundles between a kiosk and the city's office, and the office's collector."""
