"""Scalars, inputs and value types that several entities use."""
