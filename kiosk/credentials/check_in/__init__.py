"""The venue's check-in: one-time codes that visitors scan from the screen, and the results from the venue's server."""
