"""Cost of operations: how it is estimated before execution, and what is refused for it."""
