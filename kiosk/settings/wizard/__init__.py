"""`kiosk init`: from a few answers to a commented settings file, made of config/kiosk.yaml."""
