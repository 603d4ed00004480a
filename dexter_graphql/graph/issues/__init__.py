"""The issues of Sentry in the graph."""
