"""Location of symbols in a picture: textured windows, finder patterns, and the poses that they allow."""
