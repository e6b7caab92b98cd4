"""EU Digital COVID Certificates, and the WHO DDCC in the same wrapping."""
