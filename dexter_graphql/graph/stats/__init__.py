"""Usage statistics of Sentry in the graph."""
