"""Calls of callers who may reach some projects only, narrowed as the restrictions of the endpoints declare."""
