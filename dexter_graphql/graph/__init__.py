"""What Sentry's data means as one graph; never says HTTP, header or status."""
