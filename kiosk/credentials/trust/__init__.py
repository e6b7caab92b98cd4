"""The keys that the site trusts: certificates, key lists, and the files that hold them."""
