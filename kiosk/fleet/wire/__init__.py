"""The messages between a kiosk and the collector, which both sides share."""
