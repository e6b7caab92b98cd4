"""The people of the demo: their scripts, their phones, and how they move."""
