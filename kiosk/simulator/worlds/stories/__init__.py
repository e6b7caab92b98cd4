"""Stories as YAML files: reading them, and the mistakes in them."""
