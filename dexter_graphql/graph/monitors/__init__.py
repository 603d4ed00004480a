"""GraphQL types of monitors."""
