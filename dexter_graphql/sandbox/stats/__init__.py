"""Data behind usage statistics and release health."""
