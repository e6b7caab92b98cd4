"""The credential schemes; each scheme has a package of its own."""
