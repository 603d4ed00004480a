"""ASGI middleware of the server; `routes` builds the stack."""
