"""Loaders and writes of issues."""
