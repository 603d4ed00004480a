"""Seer, Sentry's analysis of issues."""
