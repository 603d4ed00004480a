"""Runs a GraphQL document over any schema; knows graphql-core and none of our nouns."""
