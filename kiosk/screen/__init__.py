"""The visitor's screen: a browser that shows the kiosk's page, and its supervisor (`kiosk screen`)."""
