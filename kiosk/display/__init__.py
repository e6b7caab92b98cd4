"""The visitor's page: which words when, and the server that shows them."""
