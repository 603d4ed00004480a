"""How records are written as JSON: one module per kind of body. Knows no route."""
