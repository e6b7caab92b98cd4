"""The settings of a kiosk: one YAML file, checked so that every mistake is reported with its line and column.

The pipeline is text → tree → values → settings. `yaml` reads the text as a tree and the tree as values; pydantic makes
the settings of `schema` from the values; `checks` compares settings with each other; `loader` calls them in this order.
"""
