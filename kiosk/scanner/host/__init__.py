"""The controller's side of the scanner: it starts the scanner process, supervises it and restarts it."""
