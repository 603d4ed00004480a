"""Declarations of types and fields, and their binding to a GraphQL schema."""
