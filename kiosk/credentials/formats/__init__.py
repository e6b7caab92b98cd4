"""Encodings, containers and signatures: foreign bytes are parsed here within fixed bounds."""
