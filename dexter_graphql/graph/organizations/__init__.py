"""The organizations of Sentry in the graph."""
