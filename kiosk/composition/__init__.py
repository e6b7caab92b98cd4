"""The wiring: settings and devices are put together into processes that run."""
