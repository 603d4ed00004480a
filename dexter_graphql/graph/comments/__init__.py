"""GraphQL types of comments."""
