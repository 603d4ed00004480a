"""GraphQL types of environments."""
