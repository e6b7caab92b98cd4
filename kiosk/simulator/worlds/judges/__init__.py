"""The referee and its judges: they watch bodies, pins and journal rows alone."""
