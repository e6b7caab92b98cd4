"""The messages and orders that pass between the controller and the scanner process."""
