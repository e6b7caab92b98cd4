"""The credential schemes, one package each."""
