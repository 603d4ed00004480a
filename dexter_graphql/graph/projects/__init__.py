"""The projects of Sentry in the graph."""
