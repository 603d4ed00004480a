"""Writes records as Sentry prints them, one file per noun. Knows neither requests nor where records come from."""
