"""Encodings, containers and signatures: code that parses bytes from strangers within fixed limits."""
