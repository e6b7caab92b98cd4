"""The bench of the temperature rules: people, ways to measure, rules, and how much of a figure is chance."""
