"""Usage and release health: what `stats_v2/` and `sessions/` count."""
