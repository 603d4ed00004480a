"""Relay conventions: global ids, nodes and connections."""
