"""Field declarations and their binding to a GraphQL schema; no entity is named here."""
