"""JSON bodies of the world's records, one module per entity."""
