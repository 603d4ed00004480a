"""The environments of Sentry in the graph."""
