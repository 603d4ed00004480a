"""Relay's conventions: global IDs, nodes and connections."""
