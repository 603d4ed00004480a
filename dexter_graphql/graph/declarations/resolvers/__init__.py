"""Resolvers of declared fields, one module per kind.

Both engines use the same strategies: a plan for all rows of a level at once, graphql-core for one row after the other.
"""
