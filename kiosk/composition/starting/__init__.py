"""The start of the service: with which settings, after crashes, and what is shown if no pin may be driven."""
