"""The integrations of Sentry in the graph."""
