"""GraphQL types of client keys."""
