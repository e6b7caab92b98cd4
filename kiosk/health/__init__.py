"""The health of the program and the machine: heartbeats, systemd's watchdog, the sure time of day, the doctor."""
