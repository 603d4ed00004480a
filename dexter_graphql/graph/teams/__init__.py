"""The teams of Sentry in the graph."""
