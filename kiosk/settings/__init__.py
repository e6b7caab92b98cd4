"""The settings of a kiosk: one YAML file, checked so that every mistake is reported with its line and column.

The pipeline is text → tree → values → settings. The package `yaml` reads the text as a tree and the tree as values;
pydantic makes the settings of the package `schema` from the values; the package `checks` compares settings with each
other; the module `loader` calls them in this order.
"""
