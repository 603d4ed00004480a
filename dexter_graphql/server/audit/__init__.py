"""Audit log: a line for each mutation and for each request that was denied."""
