"""GraphQL types of commits."""
