"""Answers questions about events as Discover does: filter, group, aggregate. Knows nothing of HTTP."""
