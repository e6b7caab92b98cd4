"""The journal: durable rows about visits, emergencies, faults and service, without personal data."""
