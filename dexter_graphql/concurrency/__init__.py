"""Concurrency primitives: single flight, bounded map, token bucket."""
