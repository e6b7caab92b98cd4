"""The site's own pass for staff and invited visitors."""
