"""GraphQL types of teams."""
