"""Judging the codes that visitors show: formats, trusted keys, content, schemes and the site's rules."""
