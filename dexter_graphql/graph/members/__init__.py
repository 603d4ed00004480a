"""GraphQL types of members."""
