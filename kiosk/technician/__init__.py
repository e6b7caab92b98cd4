"""The technician's page: it shows what the kiosk does now and why, is read-only, and has a process of its own."""
