"""The office's side of the fleet: from the broker into the database (needs the extra `fleet`)."""
