"""Dexter GraphQL: one graph over Sentry's REST API."""

__version__ = "0.1.0"
