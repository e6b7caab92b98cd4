"""An HTTP server with limits against hostile and slow clients, endless responses, and the login of a page."""
