"""A fake Sentry as a real HTTP server: seeded, stateful, with webhooks and faults. Never imports the client."""
