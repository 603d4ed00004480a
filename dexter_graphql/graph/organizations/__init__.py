"""GraphQL types of organizations."""
