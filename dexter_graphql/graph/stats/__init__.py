"""GraphQL types of stats."""
