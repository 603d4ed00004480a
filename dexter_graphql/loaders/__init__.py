"""Loaders: few calls to Sentry for many keys, one module or package per entity."""
