"""GraphQL types of traces."""
