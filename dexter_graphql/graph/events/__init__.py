"""The events of Sentry in the graph."""
