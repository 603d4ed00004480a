"""HTTP, WebSocket and event streams. Reaches Sentry only through the graph, and names none of its entities."""
