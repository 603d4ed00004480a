"""GraphQL types of events."""
