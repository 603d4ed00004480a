"""GraphQL types of alerts."""
