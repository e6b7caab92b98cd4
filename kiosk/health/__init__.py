"""Is everything alive: heartbeats, watchdog, clock trust, the doctor."""
