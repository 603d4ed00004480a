"""The releases of Sentry in the graph."""
