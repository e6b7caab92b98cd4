"""The technician's one YAML file: schema, loading with every mistake named, cross-checks."""
