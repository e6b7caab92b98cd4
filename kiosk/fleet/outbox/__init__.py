"""The kiosk's side of the fleet: the journal's rows and the kiosk's state on their way to the office."""
