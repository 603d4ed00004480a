"""GraphQL types of releases."""
