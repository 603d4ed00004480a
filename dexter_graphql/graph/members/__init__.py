"""The members of Sentry in the graph."""
