"""Sharing between replicas through Redis: cached answers, invalidations and rate limits."""
