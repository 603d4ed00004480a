"""HTTP exchanges with Sentry: requests, transport, error responses and allowed hosts."""
