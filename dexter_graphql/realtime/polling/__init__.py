"""Polling: what of Sentry's changes can be found without webhooks, and how it becomes the same changes."""
