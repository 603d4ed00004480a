"""Execution of GraphQL documents over any schema: plans, generated code and breadth-first execution."""
