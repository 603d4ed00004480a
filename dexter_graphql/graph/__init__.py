"""The GraphQL schema: entities of Sentry, declared as types with fields."""
