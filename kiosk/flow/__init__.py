"""The entry sequence, pure: events in, state and commands out."""
