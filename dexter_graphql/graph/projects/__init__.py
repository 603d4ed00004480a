"""GraphQL types of projects."""
