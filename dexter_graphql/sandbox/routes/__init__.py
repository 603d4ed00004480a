"""The routes of the fake Sentry, one module per noun; each exposes `ROUTES`."""
