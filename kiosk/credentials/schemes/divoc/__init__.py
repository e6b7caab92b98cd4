"""DIVOC certificates (Indonesia, India, Sri Lanka, the Philippines)."""
