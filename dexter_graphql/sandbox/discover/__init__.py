"""Discover queries over the events of the world: search, grouping, aggregation and sorting."""
