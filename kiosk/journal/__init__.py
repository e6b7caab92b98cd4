"""What happened, durable and without personal data."""
