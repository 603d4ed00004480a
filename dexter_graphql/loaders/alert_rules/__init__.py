"""Loaders of alert rules, the predecessors of workflows and detectors."""
