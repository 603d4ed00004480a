"""HTTP, WebSocket and event streams; reaches Sentry only through the graph and names none of its nouns."""
