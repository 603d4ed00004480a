"""GraphQL types of integrations."""
