"""The visitor's page: which texts are shown in which state, and the server that shows them."""
