"""Measurements of live streams with real processes: servers, Redis, the sandbox's sender, and raw WebSocket clients."""
