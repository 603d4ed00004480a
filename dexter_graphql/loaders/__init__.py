"""Turns many keys into few REST calls; one module per noun, each loader says how it does it."""
