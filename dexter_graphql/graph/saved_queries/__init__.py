"""GraphQL types of saved queries."""
