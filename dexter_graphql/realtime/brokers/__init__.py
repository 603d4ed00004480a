"""Brokers keep changes in order, so that a reader can resume where it stopped."""
