"""SMART Health Links and the pilgrims' health card, which are links and hold no certificate."""
