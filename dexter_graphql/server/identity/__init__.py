"""Identification of callers: one authenticator per mode, and the stores of Dexter keys."""
