"""Webhooks from Sentry: signatures, payloads and the receiver."""
