"""Simulated network services: the status service of a health app, and the check-in server of the venue."""
