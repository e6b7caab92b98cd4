"""What a visitor shows, judged: schemes, trust and site rules."""
