"""Streams of answers that many subscribers share."""
