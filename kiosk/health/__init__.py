"""The health of the program and the machine: heartbeats, systemd's watchdog, trust in the clock, the doctor."""
