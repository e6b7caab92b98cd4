"""SMART Health Cards: a JWS that carries a FHIR bundle."""
