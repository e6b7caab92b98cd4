"""The content of a verified credential, and the rules that the site applies to it."""
