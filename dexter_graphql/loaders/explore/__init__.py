"""Loaders of Discover and Explore."""
