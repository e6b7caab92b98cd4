"""The online status of a health app, asked over HTTPS."""
