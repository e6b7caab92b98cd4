"""Signed bundles of settings, texts, key lists and revocations: fetched, kept, tried, taken over or taken back."""
