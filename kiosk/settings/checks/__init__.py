"""Cross-checks of the finished settings."""
