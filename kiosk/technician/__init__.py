"""The technician's page: what the kiosk does now and why, read-only, from a process of its own."""
