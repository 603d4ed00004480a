"""The alerts of Sentry in the graph."""
